// The checker on playlists: each rule about their text broken once, and found by its number alone.
// SPDX-License-Identifier: MIT
//
// EXPECTED: honest presentations of every kind give nothing; each broken one gives exactly its
// rule.
import { gzipSync } from 'node:zlib';
import { change, edit, editAfter, right, wrong } from './lib/scenario.mjs';

right('low latency, two renditions', {});
right('low latency, an I-frame list', { iframes: true });
right('parts as byte ranges', { ranges: true });
right('a discontinuity', { breakAt: 12 });
right('a gap', { gapAt: 11 });
right('an end', { endAt: 6000 });
right('without delta updates', { skip: false });
right('without blocking reloads', { blocks: false });
right('classic', { ll: false });
right('classic, and it ends', { ll: false, endAt: 6000 });
right('a media playlist alone', { path: 'video.m3u8', names: ['video'] });
right('a short window', { window: 6, history: 7 });
right('a discontinuity in range mode, with I-frames', { ranges: true, iframes: true, breakAt: 12,
  seconds: 12 });
right('a slow line', { trip: 90 });

wrong(1, 'a blank line first', edit('#EXTM3U', '\n#EXTM3U'));
wrong(2, 'a byte order mark', edit('#EXT-X-TARGET', '# \u0007\n#EXT-X-TARGET'));
wrong(3, 'neither name nor type', { path: 'list', ll: false, wrong: { answer: (got, request) =>
  (request.path.endsWith('/list')
    ? request.origin.handle({ ...request, path: '/live/room/video.m3u8' })
    .then((r) => ({ ...r, headers: { ...r.headers, 'content-type': 'text/plain' } })) : got) } });
wrong(4, 'a version too low', edit('VERSION:9', 'VERSION:5'));
wrong(4, 'a version too high', edit('VERSION:9', 'VERSION:12'));
wrong(5, 'EXT-X-ALLOW-CACHE', edit('#EXT-X-TARGET', '#EXT-X-ALLOW-CACHE:YES\n#EXT-X-TARGET'));
wrong(5, 'PROGRAM-ID', edit('-INF:BAND', '-INF:PROGRAM-ID=1,BAND', 'index'));
wrong(6, 'a media tag in the multivariant playlist', edit('#EXT-X-MEDIA:',
  '#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA:', 'index'));
wrong(7, 'TARGETDURATION twice',
  edit('#EXT-X-TARGETDURATION:2', '#EXT-X-TARGETDURATION:2\n'.repeat(2)));
wrong(8, 'a space in an attribute list', edit(/,URI="video\/p/g, ', URI="video/p'));
wrong(8, 'an enumerated string in quotes', edit(/INDEPENDENT=YES/g, 'INDEPENDENT="YES"'));
wrong(9, 'the same value written otherwise', editAfter('p1060', /=0.40000(?=,URI="video\/p1057)/,
  '=0.4'));
wrong(10, 'no TARGETDURATION',
  { ...edit('#EXT-X-TARGETDURATION:2\n', ''), ll: false, names: ['video'] });
wrong(11, 'an EXTINF that rounds to more', { ...edit(/2\.00000(?=,\nvideo\/107)/, '2.60000'),
  also: [14] });
wrong(13, 'TARGETDURATION changes', { ll: false, wrong: { text: (text, { origin, name }) =>
  (name !== 'index' && origin.clock.now() > 4000
    ? text.replace('DURATION:2', 'DURATION:3') : text) } });
wrong(16, 'no EXT-X-MEDIA-SEQUENCE', { ...edit(/#EXT-X-MEDIA-SEQUENCE.*\n/, ''), ll: false,
  seconds: 1 });
wrong(16, 'it goes back', { ll: false, wrong: { text: (text, { origin, name }) => (name === 'video'
  && origin.clock.now() > 4000 ? text.replace(/SEQUENCE:10(\d)\n/, (_, n) => `SEQUENCE:9${n}\n`)
  : text) }, also: [] });
wrong(17, 'a segment is renamed', { ll: false, wrong: { text: (text, { origin, name }) => (
  name === 'video' && origin.clock.now() > 4000 ? text.replace(/video\/107(?=\.)/, 'video/106')
    : text) } });
wrong(18, 'no EXT-X-DISCONTINUITY-SEQUENCE',
  { ...edit(/#EXT-X-DISCONTINUITY-SEQ.*\n/, ''), breakAt: 7 });
wrong(18, 'it does not count what left',
  { breakAt: 2, ll: false, seconds: 5, wrong: { text: (text) =>
  text.replace('Y-SEQUENCE:1', 'Y-SEQUENCE:0') } });
wrong(21, 'an EXTINF changes',
  { ll: false, wrong: { text: (text, { origin, name }) => (name === 'video'
  && origin.clock.now() > 4000 ? text.replace(/2\.00000(?=,\nvideo\/107)/, '2.00001') : text) } });
wrong(21, 'a part changes', editAfter('p1060', /=0.40000(?=,URI="video\/p1057)/, '=0.39999'));
wrong(22, 'answers of one moment contradict each other', { ...change(/video\.m3u8/,
  (got) => ({ ...got, body: gzipSync(Buffer.from('#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARG')) }),
  ({ origin, headers }) => {
    const now = origin.clock.now();
    origin.same = origin.same?.now === now ? { now, n: origin.same.n + 1 } : { now, n: 1 };
    return origin.same.n > 2 && headers['accept-encoding'] === 'gzip';
  }), ll: false, names: ['video'] });
wrong(23, 'too little is left after a removal', { ll: false, window: 4, history: 6, seconds: 8 });
wrong(29, 'a hint beside ENDLIST', { endAt: 4000, ...edit('#EXT-X-ENDLIST',
  '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="video/p1.m4s"\n#EXT-X-ENDLIST') });
wrong(29, 'directives are obeyed after the end', { endAt: 4000, ...change(/video\.m3u8/, (got, r) =>
  r.origin.clock.sleep(8000).then(() => ({ ...got, status: 503 })), (r) => r.query.has('_HLS_msn')
    && r.origin.clock.now() > 5000) });
wrong(30, 'a sliding list of type EVENT',
  edit('#EXT-X-TARGET', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-TARGET'));
wrong(32, 'a hole of 4 s that nothing tells of',
  { ll: false, names: ['video'], wrong: { text: (text) =>
  text.replace(/(TIME:.*?T00:00:)(\d\d)/g, (_, a, s) => `${a}${Number(s) < 14 ? s
    : `${Number(s) + 4}`.padStart(2, '0')}`) } });
wrong(32, 'parts of a gap without GAP=YES', { gapAt: 8, ...edit(/,GAP=YES/g, '') });
wrong(32, 'a part of a gap behind the first with GAP=YES',
  { gapAt: 8, ...edit(/(p1044\.m4s".*),GAP=YES/, '$1') });
right('a segment that broke off after its first part',
  { gapAt: 8, ...edit(/(p1040\.m4s".*),GAP=YES/, '$1') });
wrong(32, 'GAP=YES in a segment that is there', { gapAt: 8, ...edit(/#EXT-X-GAP\n/g, '') });
wrong(33, 'all is gone at once', { ll: false, seconds: 8, ...change(/./, () => ({ status: 404,
  headers: {}, body: Buffer.alloc(0) }), (r) => r.origin.clock.now() > 5000) });
wrong(51, 'no dates', edit(/#EXT-X-PROGRAM-DATE-TIME.*\n/g, ''));
wrong(51, 'a date without a zone', edit(/\.000Z/g, '.000'));
wrong(52, 'no date after a discontinuity',
  { breakAt: 7, ...edit(/#EXT-X-PROG.*00:00:16.*\n/, '') });
wrong(53, 'dates overlap', { ll: false, names: ['video'], wrong: { text: (text) =>
  text.replace(/(TIME:.*?T00:00:)(\d\d)/g,
    (_, a, s) => `${a}${Number(s) < 14 ? s : Number(s) - 3}`) } });
const RANGE = '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:10.000Z",DURATION=';
const ranged = (line) => edit('#EXT-X-MEDIA-SEQ', `${line}\n#EXT-X-MEDIA-SEQ`);
const plain = { ll: false };
right('a date range', { ...plain, ...ranged(`${RANGE}10.0`) });
wrong(55, 'one that changes its values', { ...plain, ...ranged(`${RANGE}10.0\n${RANGE}20.0`) });
wrong(55, 'one that leaves too soon', { ...plain, wrong: { text: (text, { origin, name }) => (
  name === 'video' && origin.clock.now() < 3000 ? text.replace('#EXT-X-MEDIA-SEQ',
    `${RANGE}30.0\n#EXT-X-MEDIA-SEQ`) : text) } });
wrong(56, 'SCTE-35 that is not hexadecimal',
  { ...plain, ...ranged(`${RANGE}10.0,SCTE35-OUT="fc30"`) });
wrong(100, 'a reserved name in a URI', edit(/(video\/\d+\.m4s)/g, '$1?_HLS_token=1'));
wrong(48, 'TARGETDURATION 2', { note: true });

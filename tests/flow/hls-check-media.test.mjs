// The checker on media and on what the multivariant playlist says of it, one thing wrong at a time.
// SPDX-License-Identifier: MIT
//
// EXPECTED: honest fMP4, HEVC, TS and muxed material gives nothing; each fault gives its rule
// alone.
import { fmp4Source, tsSource } from './lib/ll-media.mjs';
import { ASC_SBR, AUDIO, AVCC_INTERLACED, AVCC_PQ, VIDEO, filler, hvcc, makeInit, picture }
  from './lib/make-fmp4.mjs';
import { change, edit, right, wrong } from './lib/scenario.mjs';

const HEVC = { ...VIDEO, entry: 'hvc1', config: hvcc() };
const fmp4 = (how, more) => ({ ll: false, media: (o) => fmp4Source(o, how), ...more });
const ts = (how, more) => ({ ll: false, names: ['video'], extension: 'ts',
  media: () => tsSource(how), ...more });
// Changes what the parts of segment k hold.
const inSegment = (k, make) => ({ samples: (list, { name, p }) => (name === 'video'
  && Math.floor(p / 5) === k ? make(list, p % 5) : list) });
const prefixed = (nal) => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(nal.length);
  return Buffer.concat([size, nal]);
};
const SPS_360 = Buffer.from('6764001eacd940a02ff97011000003000100000300320f162d96', 'hex');
// One pair of line-21 bytes that is no padding.
const captions = () => {
  const data = Buffer.from([0xb5, 0, 0x31, ...Buffer.from('GA94'), 3, 0x41, 0xff, 0xfc, 0x94, 0x2c,
    0xff]);
  return prefixed(Buffer.concat([Buffer.from([6, 4, data.length]), data, Buffer.from([0x80])]));
};
const bytes = (kind, n, make) => ({ wrong: { bytes: (b, at) => (at.kind === kind
  && at.name === 'video' && at.n === n ? make(Buffer.from(b)) : b) } });
const before = (msn) => new RegExp(`(?=#EXT-X-PROG.*\\n#EXTINF.*\\n.*${msn}\\.m4s)`);
const rename = (from, to) => (b) => {
  for (let p; (p = b.indexOf(from)) >= 0;) b.write(to, p);
  return b;
};

right('HEVC, PQ',
  { ...fmp4({ video: HEVC }), ...edit('FRAME-RATE', 'VIDEO-RANGE=PQ,FRAME-RATE', 'index') });
right('TS', ts());
right('HE-AAC that says so', { ...fmp4({ audio: { ...AUDIO, config: ASC_SBR } }),
  ...edit('mp4a.40.2', 'mp4a.40.5', 'index') });

wrong(12, 'a segment of 2.52 s', { ...fmp4({ ...inSegment(8, (list, i) => (i < 4 ? list
  : [...list, ...Array.from({ length: 13 }, (_,
    n) => ({ ...list[1], bytes: picture(900 + n, false) }))])),
tfdt: (t, { p }) => (p >= 45 ? t + 13 * 3600 : t) }), names: ['video'], seconds: 4,
wrong: { text: (text) => text.replace(/2\.00000(?=,\nvideo\/108)/, '2.49000').replace(
  /(TIME:.*00:(?:18|20|22|24|26))\.000/g, '$1.520') } });
wrong(14, 'EXTINF a frame and more off',
  { ll: false, ...edit(/2\.00000(?=,\nvideo\/107)/, '1.90000') });
wrong(14, 'a DURATION of a part', edit(/=0.40000(?=,URI="video\/p1042)/, '=0.34500'));
wrong(15, 'EXTINF of something else than the video', { ...ts(), ...edit(/2\.00000(?=,\nvideo\/105)/,
  '2.30000') });
wrong(19, 'a new size under the same init', fmp4(inSegment(8, (list, i) => (i ? list
  : [{ ...list[0], bytes: Buffer.concat([prefixed(SPS_360), list[0].bytes]) },
    ...list.slice(1)]))));
wrong(19, 'another frame rate', fmp4(inSegment(8, (list) => [0, 2, 4, 6,
  8].map((i) => ({ ...list[i],
  duration: 7200 })))));
wrong(20, 'discontinuities with the same number at different places', { ll: false, seconds: 12,
  wrong: { text: (text, { name }) => (name === 'index' ? text
    : text.replace(before(name === 'video' ? 108 : 105), '#EXT-X-DISCONTINUITY\n')) },
  window: 20 });
wrong(34, 'a lost packet', ts({ change: (w, { k, what }) => what === 'end' && k === 8
  && w.packets.splice(20, 1) && false }));
wrong(34, 'a time that jumps', { ...ts(), media: () => {
  const source = tsSource();
  return { ...source, segment: (name, k) => source.segment(name, k < 108 ? k : k + 16) };
}, history: 109, window: 8 });
wrong(35, 'no IDR first', fmp4(inSegment(8, (list, i) => (i ? list : [{ ...list[0],
  bytes: picture(5, false) }, { ...list[1], bytes: picture(6, true) }, ...list.slice(2)]))));
wrong(35, 'nobody says that segments are independent', { ll: false,
  ...edit('#EXT-X-INDEPENDENT-SEGMENTS\n', '', 'index') });
wrong(36, 'PAT and PMT not first', ts({ change: (w, { what, streams }) => what === 'end'
  && w.packets.push(...w.packets.splice(0, 2)) && streams.length < 0 }));
wrong(36, 'no PAT', ts({ change: (w, { what }) => what === 'tables' }));
wrong(37, 'no EXT-X-MAP', { ll: false, ...edit(/#EXT-X-MAP.*\n/g, ''), seconds: 3 });
wrong(38, 'no mvex', fmp4({ init: { mvex: false } }));
wrong(38, 'a duration in the header', fmp4({ video: { ...VIDEO, tkhdDuration: 9 } }));
wrong(39, 'no tfdt', { ll: false, ...bytes('part', 42, rename('tfdt', 'free')), also: [40] });
wrong(39, 'an external data reference', fmp4({ video: { ...VIDEO, external: true } }));
wrong(39, 'a box that is cut off', { ll: false, ...bytes('segment', 8, (b) => b.subarray(0, -3)) });
wrong(40, 'decode times that do not meet', fmp4({ tfdt: (t, { name, p }) => (name === 'video'
  && p >= 40 && p < 45 ? t + 9 : t) }));
wrong(41, 'two tracks under a CMAF brand', { ll: false, ...bytes('init', 0, () => makeInit([VIDEO,
  { ...AUDIO, id: 2 }], { brands: ['iso6', 'cmfc'] })) });
wrong(42, 'HEVC in TS', { ...ts({ videoType: 0x24 }), ...edit('avc1.64000c', 'hevc', 'index') });
wrong(42, 'hev1', { ...fmp4({ video: { ...HEVC, entry: 'hev1' } }),
  ...edit('FRAME-RATE', 'VIDEO-RANGE=PQ,FRAME-RATE', 'index') });
wrong(43, 'two audio streams in TS', ts({ sounds: 2 }));
wrong(44, 'HE-AAC that its configuration hides', { ll: false, ...edit('mp4a.40.2',
  'mp4a.40.5,mp4a.40.2', 'index') });
wrong(45, 'High 4:2:2 at level 6.2', { ...fmp4({ video: { ...VIDEO, config: (() => {
  const c = Buffer.from(VIDEO.config);
  c[3] = 62; c[11] = 62;
  return c;
})() } }), note: true });
wrong(46, 'interlaced', { ...fmp4({ video: { ...VIDEO, config: AVCC_INTERLACED } }), note: true });
wrong(47, 'an IDR every 4 s', { ...fmp4(inSegment(8, (list) => list.map((s, i) => ({ ...s,
  bytes: i ? s.bytes : picture(9, false) })))), note: true, also: [35] });
wrong(49, 'PQ without its metadata',
  { ...fmp4({ video: { ...HEVC, config: hvcc(false) } }), note: true,
  ...edit('FRAME-RATE', 'VIDEO-RANGE=PQ,FRAME-RATE', 'index') });
wrong(50, 'packed audio without a timestamp', { ll: false, names: ['video'], extension: 'aac',
  media: () => ({ type: 'audio/aac', segment: (_, k) => Buffer.concat([Buffer.from([0xff, 0xf1]),
    filler(k + 1, 500)]), index: () => tsSource().index() }) });

wrong(54, 'dates 80 ms off in one rendition', { ll: false, ...edit(/\.000Z/g, '.080Z', 'audio') });
wrong(66, 'times 10 s off in one rendition', fmp4({ tfdt: (t, { name }) => (name === 'audio'
  ? t + 480000 : t) }));

const index = (rule, what, from, to, more = {}) => wrong(rule, what, { ll: false, seconds: 3,
  ...edit(from, to, 'index'), ...more });
const STREAM = '#EXT-X-STREAM-INF:';
const CAPTIONS = '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="cc",LANGUAGE="en",'
  + 'INSTREAM-ID=';
index(57, 'an INSTREAM-ID that is none', STREAM, `${CAPTIONS}"CC9"\n${STREAM}CLOSED-CAPTIONS="c",`);
index(57, 'captions that are not declared', '', '', { media: (o) => fmp4Source(o, inSegment(8,
  (list) => [{ ...list[0], bytes: Buffer.concat([captions(), list[0].bytes]) },
    ...list.slice(1)])) });
index(58, 'no BANDWIDTH', /:BANDWIDTH=\d+,/, ':');
index(58, 'a BANDWIDTH too low', /:BANDWIDTH=\d+/, ':BANDWIDTH=20000');
index(59, 'no AVERAGE-BANDWIDTH', /AVERAGE-BANDWIDTH=\d+,/, '');
index(60, 'no audio codec', ',mp4a.40.2', '');
index(60, 'another profile', 'avc1.64000c', 'avc1.640028');
index(60, 'a group that does not exist', ',AUDIO="a"', ',AUDIO="b"');
index(61, 'another size', '320x180', '640x360');
index(61, 'no FRAME-RATE', 'FRAME-RATE=25.000,', '');
index(61, 'a frame rate too low', 'FRAME-RATE=25', 'FRAME-RATE=15');
index(62, 'PQ that is not said', '', '', fmp4({ video: { ...VIDEO, config: AVCC_PQ } }));
index(62, 'SDR that is called HLG with PQ inside', 'FRAME-RATE', 'VIDEO-RANGE=HLG,FRAME-RATE',
  { media: (o) => fmp4Source(o, { video: { ...VIDEO, config: AVCC_PQ } }) });
index(63, 'DEFAULT without AUTOSELECT', 'AUTOSELECT=YES', 'AUTOSELECT=NO');
index(63, 'no CHANNELS', 'CHANNELS="2",', '');
index(64, 'no LANGUAGE', 'LANGUAGE="und",', '');
wrong(65, 'another TARGETDURATION in one rendition',
  { ll: false, seconds: 3, ...edit('TION:2', 'TION:3',
  'audio') });
wrong(65, 'another SERVER-CONTROL', { ...edit('HOLD-BACK=6,', 'HOLD-BACK=7,', 'audio') });
wrong(67, 'no CODECS',
  { iframes: true, seconds: 3, ...edit(/(I-FRAME-STREAM-INF:.*)CODECS="[^"]*",/, '$1',
  'index') });
wrong(67, 'a list that does not say I-FRAMES-ONLY', { iframes: true, seconds: 3, ll: false,
  ...edit('#EXT-X-I-FRAMES-ONLY\n', '', 'iframes') });
wrong(67, 'ranges without their moof', { iframes: true, seconds: 3,
  ...edit(/@0/g, '@40', 'iframes') });
wrong(67, 'no I-frame list', { note: true, seconds: 3 });
wrong(68, 'a range that begins nowhere', { iframes: true, seconds: 3, ...edit(/(RANGE:\d+)@0/, '$1',
  'iframes') });
wrong(69, 'redirects', { ll: false, seconds: 3, ...change(/video\/\d+\.m4s/, (got, { path }) => ({
  ...got, status: 302, headers: { location: `${path}?again=1` } }),
    ({ query }) => !query.has('again')) });
wrong(70, 'audio alone beside video', { note: true, ll: false, seconds: 3, ...edit(/$/,
  '#EXT-X-STREAM-INF:BANDWIDTH=100000,AVERAGE-BANDWIDTH=100000,CODECS="mp4a.40.2"\naudio.m3u8\n',
  'index') });

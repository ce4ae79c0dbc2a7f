// Every rule the checker knows is broken once on purpose, and found by its number.
// SPDX-License-Identifier: MIT
//
// EXPECTED: an honest live playlist gives no finding; each broken one gives exactly its rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlaylist } from './hls.mjs';
import * as rules from './rules.mjs';

// Notes are advice, and every short list of ours gets some.
const numbers = (findings) => [...new Set(findings.filter((f) => f.level !== 'note')
  .map((f) => f.rule))].sort((a, b) => a - b);
const M3U8 = { 'content-type': 'application/vnd.apple.mpegurl' };
const EPOCH = Date.UTC(2026, 0, 1);

// A live window of 2 s segments: from..to, with everything in place.
function live(from, to, { td = 3, breaks = [], dsn = breaks.filter((b) => b < from).length } = {}) {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', `#EXT-X-TARGETDURATION:${td}`,
    `#EXT-X-MEDIA-SEQUENCE:${from}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${dsn}`];
  for (let n = from; n < to; n++) {
    if (breaks.includes(n)) lines.push('#EXT-X-DISCONTINUITY');
    if (n === from || breaks.includes(n)) lines.push('#EXT-X-MAP:URI="i.mp4"');
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(EPOCH + n * 2000).toISOString()}`,
      '#EXTINF:2.00000,', `v/${n}.m4s`);
  }
  return `${lines.join('\n')}\n`;
}

const check = (text) => {
  const list = parsePlaylist(text);
  return numbers([...rules.checkText(Buffer.from(text), M3U8, '/a.m3u8'),
    ...rules.checkSyntax(list), ...rules.checkMedia(list)]);
};
const edit = (from, to) => check(live(5, 12).replace(from, to));

test('one playlist', () => {
  assert.deepEqual(check(live(5, 12)), []);
  assert.deepEqual(check(live(5, 12, { breaks: [8] })), []);
  assert.deepEqual(edit('#EXTM3U\n', '\n#EXTM3U\n'), [1]);
  assert.deepEqual(edit('v/7', 'v/\u0007'), [2]);
  assert.deepEqual(numbers(rules.checkText(Buffer.from('#EXTM3U\n\xff', 'latin1'), M3U8,
    '/a.m3u8')),
    [2]);
  const text = { 'content-type': 'text/plain' };
  assert.deepEqual(numbers(rules.checkText(Buffer.from('#EXTM3U\n'), text, '/a')), [3]);
  assert.deepEqual(numbers(rules.checkText(Buffer.from('#EXTM3U\n'), text, '/a.m3u8')), [107]);
  assert.deepEqual(edit('VERSION:6', 'VERSION:5'), [4]);
  assert.deepEqual(edit('VERSION:6', 'VERSION:9'), [4]);
  assert.deepEqual(edit('VERSION:6', 'VERSION:6\n#EXT-X-VERSION:6'), [4]);
  assert.deepEqual(edit('VERSION:6', 'VERSION:7\n#EXT-X-ALLOW-CACHE:YES'), [4, 5]);
  assert.deepEqual(check(`${live(5, 12)}#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n`), [6]);
  assert.deepEqual(edit('#EXT-X-TARGETDURATION:3', '#EXT-X-TARGETDURATION:3\n'.repeat(2)), [7]);
  assert.deepEqual(edit('URI="i.mp4"', 'URI="i.mp4", BYTERANGE="1"'), [8]);
  assert.deepEqual(edit('URI="i.mp4"', 'URI="i.mp4",URI="i.mp4"'), [8]);
  assert.deepEqual(edit('#EXT-X-TARGETDURATION:3\n', ''), [10]);
  assert.deepEqual(edit('EXTINF:2.00000', 'EXTINF:3.50000'), [11, 53]);
  assert.deepEqual(edit('EXTINF:2.00000', 'EXTINF:2.5e0'), [14]);
  assert.deepEqual(edit('#EXT-X-MEDIA-SEQUENCE:5\n', ''), [16]);
  assert.deepEqual(edit('#EXT-X-DISCONTINUITY-SEQUENCE:0\n', ''), [18]);
  assert.deepEqual(edit('#EXT-X-TARGET', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-TARGET'), [30]);
  assert.deepEqual(edit('#EXT-X-MAP:URI="i.mp4"\n', ''), [37]);
  assert.deepEqual(check(live(5, 12).replace(/#EXT-X-PROGRAM.*\n/g, '')), [51]);
  assert.deepEqual(edit('.000Z', '.000'), [51]);
  const broken = live(5, 12, { breaks: [8] });
  assert.deepEqual(check(broken.replace(/#EXT-X-PROGRAM.*:20\.000Z\n/, '')), [52]);
  assert.deepEqual(check(live(5, 12).replace(':18.000Z', ':14.000Z')), [53]);
  assert.deepEqual(edit('#EXT-X-TARGET',
    '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00Z",DURATION=1.0\n'
    + '#EXT-X-DATERANGE:ID="a",DURATION=2.0\n#EXT-X-TARGET'), [55]);
});

test('two reloads', () => {
  const pair = (before, after) => numbers(rules.checkReload(parsePlaylist(before),
    parsePlaylist(after)));
  const before = live(5, 12, { breaks: [6] });
  assert.deepEqual(pair(before, live(5, 13, { breaks: [6] })), []);
  assert.deepEqual(pair(before, live(7, 14, { breaks: [6] })), []);
  assert.deepEqual(pair(before, live(6, 13, { td: 4, breaks: [6] })), [13]);
  assert.deepEqual(pair(before, live(4, 13, { breaks: [6] })), [16]);
  assert.deepEqual(pair(before, live(20, 28, { breaks: [6] })), [16]);
  assert.deepEqual(pair(before, live(6, 13, { breaks: [6] }).replace('v/9', 'v/99')), [17]);
  assert.deepEqual(pair(before, live(7, 14, { dsn: 0 })), [18]);
  assert.deepEqual(pair(before, live(6, 13, { breaks: [6] }).replace(/(2\.)0+(?=,\nv\/9)/, '$11')),
    [21]);
  const later = live(6, 13, { breaks: [6] });
  assert.deepEqual(pair(before, later.replace(':20.000Z', ':20.001Z')), [21]);
  assert.deepEqual(pair(`${before}#EXT-X-ENDLIST\n`, before), [21]);
  assert.deepEqual(pair(live(5, 12), live(9, 13)), [23]);
  assert.deepEqual(numbers(rules.checkPace(4600, 3, 7)), [27]);
  assert.deepEqual(rules.checkPace(4400, 3, 7), []);
});

// Segments of 60 samples of 3000 ticks.
function timeline(n, change = () => {}) {
  const init = { kind: 'video', timescale: 90000 };
  const list = Array.from({ length: n }, (_, i) => {
    const samples = Array.from({ length: 60 }, (_x, k) => ({ dts: i * 180000 + k * 3000,
      pts: i * 180000 + k * 3000, duration: 3000 }));
    return { msn: i, duration: 2, map: 'i', init, firstIsIdr: true, dsn: 0,
      date: EPOCH + i * 2000,
      media: { samples, faults: [], end: (i + 1) * 180000, fragments: [{ sequence: i + 1 }] } };
  });
  change(list);
  return list;
}

test('the timeline of segments', () => {
  const run = (change) => numbers(rules.checkTimeline(timeline(5, change), 2));
  assert.deepEqual(run(), []);
  assert.deepEqual(run((l) => { l[4].media.end += 60000; l[4].duration += 2 / 3; }), [12]);
  assert.deepEqual(run((l) => { l[2].duration = 2.04; }), [14]);
  assert.deepEqual(run((l) => { for (const s of l) s.duration = 2.009; }), [14], 'drift adds up');
  assert.deepEqual(run((l) => { l[3].firstIsIdr = false; }), [35]);
  assert.deepEqual(run((l) => { l[3].map = 'j'; l[4].map = 'j'; }), [37]);
  assert.deepEqual(run((l) => { l[3].media.fragments[0].sequence = 1; }), [39]);
  assert.deepEqual(run((l) => { l[3].media.samples[0].dts += 1; }), [40]);
});

test('renditions against each other', () => {
  const two = (change) => {
    const audio = timeline(4);
    change(audio);
    return numbers(rules.checkAlignment([{ name: 'video', segments: timeline(4) },
      { name: 'audio', segments: audio }], 30));
  };
  assert.deepEqual(two(() => {}), []);
  assert.deepEqual(two((a) => { a[2].date += 40; }), [54]);
  const broken = (at) => timeline(6, (l) => {
    for (const s of l.slice(at)) s.dsn = 1;
    l[at].discontinuity = true;
  });
  assert.deepEqual(numbers(rules.checkAlignment([{ name: 'video', segments: broken(2) },
    { name: 'audio', segments: broken(5) }], 30)), [20]);
});

test('the multivariant playlist', () => {
  const good = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",'
    + 'LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"',
  '#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="avc1.640028,mp4a.40.2",'
    + 'RESOLUTION=1920x1080,FRAME-RATE=30.000,AUDIO="a"', 'video.m3u8', ''].join('\n');
  const inits = new Map([['video.m3u8', { kind: 'video', width: 1920, height: 1080,
    rfc6381: 'avc1.640028' }], ['audio.m3u8', { kind: 'audio', rfc6381: 'mp4a.40.2' }]]);
  const multi = (from, to) => numbers(rules.checkMultivariant(
    parsePlaylist(good.replace(from, to)), inits));
  assert.deepEqual(multi('', ''), []);
  assert.deepEqual(multi('BANDWIDTH=2,', ''), [58]);
  assert.deepEqual(multi('AVERAGE-BANDWIDTH=1,', ''), [59]);
  assert.deepEqual(multi(',mp4a.40.2', ''), [60]);
  assert.deepEqual(multi('avc1.640028', 'avc1.640029'), [60]);
  assert.deepEqual(multi('AUDIO="a"', 'AUDIO="b"'), [60]);
  assert.deepEqual(multi('1920x1080', '1280x720'), [61]);
  assert.deepEqual(multi('30.000', '30'), []);
  assert.deepEqual(multi('30.000', '29.9700'), [61]);
  assert.deepEqual(multi(',CHANNELS="2"', ''), [63]);
  assert.deepEqual(multi('AUTOSELECT=YES', 'AUTOSELECT=NO'), [63]);
  assert.deepEqual(multi('LANGUAGE="en",', ''), [64]);
});

// The checker on low latency: parts, hints, reports, delta updates and blocking reloads.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each broken one of rules 24 to 31 and 71 to 99 gives exactly its number.
import { refusal } from './lib/answer.mjs';
import { FIRST } from './lib/ll-origin.mjs';
import { change, edit, right, wrong } from './lib/scenario.mjs';

const after = (ms) => ({ origin }) => origin.clock.now() > ms;
// The origin's own waiting, with something of it changed: make(origin, name, query, own).
const waiting = (make) => ({ prepare: (origin) => {
  const own = origin.hold.bind(origin);
  origin.wrong.hold = (name, query) => make(origin, name, query, own);
}, wrong: {} });

right('low latency, for 16 s', { seconds: 16 });
right('the encoder pauses between two parts', { wrong: { at: (_, p, at) => (p >= 10 ? at + 40
  : at) } });

wrong(24, 'a removed segment is gone at once', { ll: false, window: 6, history: 7, seconds: 17,
  ...change(/video\/107\.m4s/, () => refusal(404), after(14200)) });
wrong(25, 'a part is gone with its tag', { ...change(/video\/p103[0-9]\.m4s/, () => refusal(404),
  after(1300)) });
wrong(26, 'parts are listed for ever',
  edit(/#EXTINF.*\nvideo\/101/,
    `#EXT-X-PART:DURATION=0.40000,URI="video/p1005.m4s",INDEPENDENT=YES\n$&`));
wrong(27, 'a segment comes late', { ll: false, seconds: 9,
  wrong: { at: (name, p, at) => (name === 'video'
  && p >= 10 ? at + 1600 : at) } });
wrong(28, 'a part comes late', { wrong: { at: (_, p, at) => (p >= 10 ? at + 300 : at) } });
wrong(31, 'a listed segment is not there',
  { ll: false, ...change(/video\/111\.m4s/, () => refusal(404)),
  seconds: 5.5 });
wrong(31, 'a segment trickles',
  { ll: false, ...change(/video\/111\.m4s/, (got) => ({ ...got, delivery:
  Array.from({ length: 10 }, (_, i) => [i * 150, got.body.length / 10]) }), ({ method, headers }) =>
  method === 'GET' && !headers.range) });

wrong(71, 'no PART-INF', { ...edit('#EXT-X-PART-INF:PART-TARGET=0.4\n', ''), names: ['video'] });
wrong(72, 'a part longer than PART-TARGET', edit(/=0.40000(?=,URI="video\/p1042)/, '=0.42000'));
wrong(73, 'a part shorter than 85 %', { ...edit('TARGET=0.4\n', 'TARGET=0.5\n'),
  wrong: { text: (t) => t.replace('TARGET=0.4\n', 'TARGET=0.5\n').replace('PART-HOLD-BACK=1.2',
    'PART-HOLD-BACK=1.5') } });
wrong(74, 'no PART-HOLD-BACK', { wrong: { text: (t) => t.replace('PART-HOLD-BACK=1.2,', '') } });
wrong(74, 'a PART-HOLD-BACK too small',
  { wrong: { text: (t) => t.replace('BACK=1.2', 'BACK=0.9') } });
wrong(75, 'a HOLD-BACK too small',
  { wrong: { text: (t) => t.replace(',HOLD-BACK=6', ',HOLD-BACK=5') } });
wrong(76, 'PART-HOLD-BACK changes', { wrong: { text: (t, ctx) => (after(3000)(ctx)
  ? t.replace('BACK=1.2', 'BACK=1.4') : t) } });
wrong(77, 'a round trip longer than a part', { trip: 250, also: [] });
wrong(78, 'an IDR without INDEPENDENT=YES', edit(/,INDEPENDENT=YES/g, ''));
wrong(78, 'INDEPENDENT=YES without an IDR',
  edit(/(URI="video\/p1042\.m4s")/, '$1,INDEPENDENT=YES'));
wrong(79, 'parts that are not the segment', { wrong: { bytes: (b, { kind, name, n }) => {
  if (kind !== 'segment' || name !== 'video' || n < 9) return b;
  const c = Buffer.from(b);
  c[c.length - 9] ^= 1;
  return c;
} } });
wrong(80, 'a date after the first part', { skip: false, ...edit(
  /(#EXT-X-PROGRAM-DATE-TIME.*\n)(#EXT-X-PART.*\n)/g, '$2$1') });
wrong(81, 'a segment without an IDR', { wrong: { bytes: (b, { kind, name, n }) => (kind === 'part'
  && name === 'video' && n === 55 ? noIdr(b) : b) }, also: [78] });
wrong(82, 'no hint', edit(/#EXT-X-PRELOAD-HINT.*\n/, ''));
wrong(82, 'two hints', edit(/(#EXT-X-PRELOAD-HINT.*)p(\d+)(.*\n)/, '$1p$2$3$1p9$2$3'));
wrong(82, 'another part than was hinted', { ...edit(/(HINT.*video\/)p(\d+)/, (_, a, n) =>
  `${a}p${n.endsWith('7') ? 9999 : n}`) });
wrong(83, 'the hinted part is answered 404 until it is there', { prepare: (origin) => {
  const own = origin.part.bind(origin);
  origin.part = (name, p, request) => (name === 'video' && p >= origin.state(name).parts
    ? refusal(404)
    : own(name, p, request));
} });
wrong(83, 'the hinted part dribbles',
  change(/video\/p106\d/, (got) => ({ ...got, delivery: Array.from(
  { length: 8 }, (_, i) => [i * 45, got.body.length / 8]) })));
wrong(84, 'a name that was never announced is held',
  change(/none/, (got, r) => r.origin.clock.sleep(9000)
  .then(() => got)));
wrong(85, 'an open range is refused', change(/video\/p/, () => refusal(416), ({ headers }) =>
  /9007199254740991/.test(headers.range)));
wrong(86, 'no rendition report', edit(/#EXT-X-RENDITION-REPORT.*\n/, ''));
wrong(86, 'a report without LAST-PART', edit(/,LAST-PART=\d+/, ''));
wrong(86, 'a report of long ago', edit(/LAST-MSN=(\d+)/, (_, n) => `LAST-MSN=${n - 3}`));
wrong(86, 'a report of what is not there yet',
  edit(/LAST-MSN=(\d+)/, (_, n) => `LAST-MSN=${+n + 3}`));
wrong(87, 'CAN-SKIP-UNTIL too small',
  { wrong: { text: (t, { delta }) => t.replace('UNTIL=12', 'UNTIL=10') } });
wrong(87, '_HLS_skip is not obeyed', { wrong: { text: (t, { delta, origin, name }) => (delta
  ? origin.text(name) : t) } });
wrong(87, '_HLS_skip is obeyed though not offered',
  { wrong: { text: (t) => t.replace(',CAN-SKIP-UNTIL=12',
  '') } });
wrong(88, 'a wrong count', edit(/SKIPPED-SEGMENTS=(\d+)/, (_, n) => `SKIPPED-SEGMENTS=${+n + 1}`));
wrong(88, 'too much is skipped', { wrong: { text: (t, { delta }) => (delta ? t.replace(
  /SKIPPED-SEGMENTS=(\d+)\n(?:.*\n)*?(#EXTINF.*\n.*\n)/, (all, n) => `SKIPPED-SEGMENTS=${+n + 1}\n`
    + '#EXT-X-MAP:URI="video/init-0.mp4"\n') : t) }, names: ['video'] });
wrong(89, 'SKIPPED-SEGMENTS=0', { window: 6, history: 7, wrong: { text: (t, { delta }) => (delta
  ? t.replace('#EXT-X-MAP', '#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n#EXT-X-MAP') : t) } });
wrong(90, 'a delta without EXT-X-MAP', { wrong: { text: (t, { delta }) => (delta
  ? t.replace(/#EXT-X-MAP.*\n/, '') : t) } });
wrong(91, 'no delta updates for a long window',
  { skip: false, window: 65, history: 65, seconds: 3 });

// An origin that skips date ranges too: one is there from the start.
const RANGE = '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00.000Z",DURATION=1\n';
const skipsRanges = (make) => ({ wrong: { text: (t, context) => make(t
  .replace('UNTIL=12', 'UNTIL=12,CAN-SKIP-DATERANGES=YES').replace('VERSION:9', 'VERSION:10')
  .replace(/SKIPPED-SEGMENTS=\d+/, '$&,RECENTLY-REMOVED-DATERANGES=""'), context) } });
const withRange = (t) => t.replace(/#EXT-X-DISCONTINUITY-SEQUENCE.*\n/, `$&${RANGE}`);
right('delta updates that skip date ranges', skipsRanges((t) => t));
wrong(91, 'date ranges, and delta updates cannot skip them',
  { wrong: { text: withRange } });
wrong(91, 'RECENTLY-REMOVED-DATERANGES is missing',
  skipsRanges((t) => t.replace(',RECENTLY-REMOVED-DATERANGES=""', '')));
wrong(91, 'an old date range again and again', { ...skipsRanges(withRange), seconds: 20 });
wrong(88, 'a delta update loses a date range', skipsRanges((t, { delta }) => (delta ? t
  : withRange(t))));
wrong(92, 'a blocking reload that does not block', waiting((o, name, query, own) =>
  (o.clock.now() < 5000 && name === 'video' ? null : own(name, query))));
wrong(92, 'one that is held though all is there', waiting(async (o, name, query, own) => {
  if (name === 'video') await o.clock.sleep(2200);
  return own(name, query);
}));
wrong(92, 'one that is held while more parts come', {
  ...waiting(async (o, name, query, own) => {
    const got = await own(name, query);
    if (name !== 'video' || !query.has('_HLS_msn')) return got;
    await o.clock.sleep(1800);
    return own(name, query);
  }) });
wrong(92, 'a 503 long before its time', waiting((o, name, query, own) => (name === 'video'
  && o.clock.now() > 2000 && o.clock.now() < 3000 ? refusal(503) : own(name, query))));
wrong(93, 'a part beyond the last is given the whole segment',
  waiting(async (o, name, query, own) => {
  if (name !== 'video' || query.get('_HLS_part') !== '5') return own(name, query);
  return own(name, new URLSearchParams({ _HLS_msn: query.get('_HLS_msn') }));
}));
wrong(94, 'an old _HLS_msn is refused',
  waiting((o, name, query, own) => (Number(query.get('_HLS_msn'))
  < FIRST + 3 && query.has('_HLS_msn') ? refusal(400) : own(name, query))));
wrong(95, 'a far _HLS_msn is held',
  waiting((o, name, query, own) => (Number(query.get('_HLS_msn')) > 900
  ? o.clock.sleep(6000).then(() => refusal(503)) : own(name, query))));
wrong(96, '_HLS_part alone is accepted', waiting((o, name, query, own) => (query.has('_HLS_msn')
  ? own(name, query) : null)));
wrong(97, 'held for ever', { ...waiting((o, name, query, own) => (o.clock.now() > 3000
  && name === 'video'
  && Number(query.get('_HLS_msn')) < 900 && Number(query.get('_HLS_part')) < 900
  && Number(query.get('_HLS_msn')) > FIRST + 5
  ? o.clock.sleep(11000).then(() => null) : own(name, query))), seconds: 16 });
wrong(98, 'an I-frame list that does not block', { iframes: true,
  ...waiting((o, name, query, own) =>
  (name === 'iframes' && o.clock.now() < 5000 ? null : own(name, query))) });
wrong(99, 'one rendition lags', { wrong: { at: (name, p, at) => (name === 'audio' ? at + 600
  : at) } });

function noIdr(b) {
  const c = Buffer.from(b);
  c[c.indexOf('mdat') + 8] = 0x41;
  return c;
}

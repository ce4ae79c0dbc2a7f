// Faults of media time and structure, each a script for mark_push and what must come of it.
// SPDX-License-Identifier: MIT
//
// A case: {name, faults (their numbers), script, breaks (discontinuities of video, [least, most]),
// maps (how many init segments), speed, srtClockUs, except (rules that the case itself breaks),
// check(context)}. Numbers are drawn from the seed, so that every seed is another case.
import assert from 'node:assert/strict';

export const WRAP = 2 ** 33;
const TICKS = 90000;

export function random(seed) {
  let s = (seed * 2654435761 + 12345) >>> 0;
  const next = () => { // mulberry32
    s = (s + 0x6d2b79f5) >>> 0;
    let x = Math.imul(s ^ s >>> 15, 1 | s);
    x = x + Math.imul(x ^ x >>> 7, 61 | x) ^ x;
    return ((x ^ x >>> 14) >>> 0) / 2 ** 32;
  };
  return { next, between: (a, b) => a + Math.floor(next() * (b - a + 1)),
    of: (list) => list[Math.floor(next() * list.length)] };
}

// Encoders as they are met: with and without B-frames, short and long GOPs.
const encoder = (r) => `set gop=${r.between(20, 50)} bframes=${r.between(0, 3)} padding=${
  r.between(0, 900)}`;
const codecOf = (r) => (r.next() < 0.5 ? 'h264' : 'hevc');
const jump = (r, ticks) => [encoder(r), 'play 4', `play 0.${r.between(1, 9)}`, `jump ${ticks}`,
  'play 5'];

const wraps = (r) => ({
  'wrap of 33 bits': { faults: [16], breaks: [0, 0],
    script: [`jump ${WRAP - r.between(2, 5) * TICKS}`, encoder(r), 'play 8'] },
  // PTS is over, DTS is not: the wrap falls between them for some pictures
  'wrap between PTS and DTS': { faults: [16], breaks: [0, 0],
    script: [`set gop=24 bframes=${r.between(2, 3)} codec=${codecOf(r)}`,
      `jump ${WRAP - 4 * TICKS - r.between(-2, 2) * 3000 - 1500}`, 'play 8'] },
  'SRT clock wraps': { faults: [17], breaks: [0, 0], srtClockUs: 2 ** 32 - r.between(2, 5) * 1e6,
    script: [encoder(r), 'play 8'] },
});

const jumps = (r) => ({
  'PTS jumps 10 s ahead': { faults: [19], breaks: [1, 1], script: jump(r, 10 * TICKS) },
  'PTS jumps 10 s back': { faults: [19], breaks: [1, 1], script: jump(r, -10 * TICKS) },
  'PTS jumps 30 h ahead': { faults: [19], breaks: [1, 1], script: jump(r, 30 * 3600 * TICKS) },
  'PCR alone jumps': { faults: [19], breaks: [0, 0],
    script: [encoder(r), 'play 4', `pcr ${r.of([10, -10, 108000]) * TICKS}`, 'play 4'] },
});

const restarts = (r) => ({
  'new parameter sets': { faults: [20], breaks: [1, 1], maps: 2,
    script: ['set gop=30 twist=1', `play 3.${r.between(0, 9)}`, 'set twist=2', 'restart',
      'play 4'] },
  'new resolution and timestamps': { faults: [20], breaks: [1, 1], maps: 2,
    script: [encoder(r), 'play 4', 'set width=96 height=80', 'restart', `jump ${r.between(3,
      90000) * TICKS}`, 'play 4'] },
  'H.264 becomes HEVC on its PID': { faults: [20], breaks: [1, 1], maps: 2, codec: /hvc1|hev1/,
    script: [encoder(r), `play 3.${r.between(0, 9)}`, 'set codec=hevc', 'restart', 'play 4'] },
});

const programs = (r) => ({
  'audio appears': { faults: ['PMT'],
    script: ['set audio=off', encoder(r), `play 3.${r.between(0, 9)}`, 'set audio=on', 'play 5'] },
  'audio disappears': { faults: ['PMT'], except: [27, 28, 99],
    script: [encoder(r), `play 3.${r.between(0, 9)}`, 'set audio=off', 'play 5'] },
  'audio changes its PID': { faults: ['PMT'],
    script: [encoder(r), `play 3.${r.between(0, 9)}`, 'set audio_pid=300', 'play 5'] },
  'video changes its PID': { faults: ['PMT'],
    script: [encoder(r), `play 3.${r.between(0, 9)}`, 'set video_pid=301', 'play 5'] },
  'audio is declared and never comes': { faults: [22], firstMs: 2000,
    script: ['set audio=mute', `set gop=${r.between(54, 60)}`, 'play 6'] },
});

const times = (r) => ({
  'DTS goes back 30 ticks': { faults: [23], breaks: [0, 0],
    script: [encoder(r), 'play 2.5', 'nudge -30', 'play 2', 'nudge -30', 'play 2'] },
  'DTS stands still': { faults: [23], breaks: [0, 0],
    script: [encoder(r), 'play 2.5', 'nudge 0', 'play 2', 'nudge 0', 'play 2'] },
  'PTS before DTS': { faults: [23], breaks: [0, 0],
    script: [`set gop=25 bframes=${r.between(2, 3)} delay=${r.between(-1, 0)}`, 'play 6'] },
});

const gops = (r) => ({
  'GOP of one': { faults: [24], breaks: [0, 0], script: ['set gop=1 step=6000', 'play 6'] },
  'GOP of 300': { faults: [24], breaks: [0, 0],
    script: [`set gop=300 bframes=${r.between(0, 3)}`, 'play 14'] },
  'one IDR only': { faults: [24], breaks: [0, 0], except: [81], script: ['set gop=0', 'play 14'] },
  'intra refresh': { faults: [24], breaks: [0, 0], except: [81],
    script: ['set gop=0 refresh=1', 'play 12'] },
  'open GOP': { faults: [24], breaks: [0, 0],
    script: [`set gop=${r.between(20, 40)} bframes=${r.between(1, 3)} open=1`, 'play 8'] },
  'open GOP of HEVC': { faults: [24], breaks: [0, 0], except: [35, 54], independent: false,
    script: [`set codec=hevc gop=${r.between(20, 40)} bframes=${r.between(1, 3)} open=1`,
      'play 8'] },
});

// Where a picture is missing that had announced itself, the one before it ends too soon (40, 14);
// the missing one may have been an IDR (81).
const holes = [14, 40, 81];
const damage = (r) => ({
  'bits flip': { faults: [26], except: holes, breaks: [0, 12], garbled: true,
    script: [encoder(r), 'play 3', `damage flip ${r.between(3, 8)}`, 'play 4'] },
  'packets are missing': { faults: [26], except: holes, breaks: [0, 0],
    script: [encoder(r), 'play 3', `damage drop ${r.between(2, 6)}`, 'play 3',
      `damage drop ${r.between(1, 3)}`, 'play 3'] },
  'continuity counters are wrong': { faults: [26], except: holes, breaks: [0, 0],
    script: [encoder(r), 'play 3', `damage count ${r.between(2, 6)}`, 'play 4'] },
  'packets with errors': { faults: [26], except: holes, breaks: [0, 0],
    script: [encoder(r), 'play 3', `damage error ${r.between(2, 6)}`, 'play 4'] },
  'messages are misaligned': { faults: [26], breaks: [0, 0],
    script: [encoder(r), 'play 3', `garbage ${r.between(1, 187)}`, 'play 4'] },
  'a megabyte of garbage': { faults: [26], breaks: [0, 2], script: [encoder(r), 'play 3',
    'garbage 1000000', 'play 4'] },
  '8,192 PIDs': { faults: [26], breaks: [0, 0],
    script: [encoder(r), 'play 3', 'pids 8192', 'play 2', 'pids 8192', 'play 3'] },
});

const minutes = (r) => ({
  'GOP of 60 s': { faults: [24], breaks: [0, 0], except: [81],
    script: [`set gop=1800 bframes=${r.between(0, 3)}`, 'play 130'] },
  'one IDR in two minutes': { faults: [24], breaks: [0, 0], except: [81],
    script: [`set gop=0 bframes=${r.between(0, 3)} padding=2000`, 'play 120'] },
  'the wrap again and again': { faults: [16], breaks: [0, 8],
    script: [encoder(r), ...Array(4).fill([`jump ${WRAP - 30 * TICKS}`, 'play 20']).flat()] },
});

const named = (cases, seed, from) => Object.entries(cases).map(([name, c], i) => ({ name,
  room: `case${from + i}`, seed: seed * 100 + from + i, ...c }));

// → [{name, ...}], each of some seconds
export function mediaCases(seed) {
  const r = random(seed);
  return named({ ...wraps(r), ...jumps(r), ...restarts(r), ...programs(r), ...times(r), ...gops(r),
    ...damage(r) }, seed, 0);
}

// Those of minutes, which only the long form has.
export const longCases = (seed) => named(minutes(random(seed)), seed, 50);

// What must have come of a case, beside its ledger.
export function judgeCase(c, result) {
  const { discontinuities, maps } = result;
  if (c.breaks) {
    assert.ok(discontinuities >= c.breaks[0] && discontinuities <= c.breaks[1],
      `${c.name}: ${discontinuities} discontinuities, expected ${c.breaks.join(' to ')}`);
  }
  if (c.maps) assert.equal(maps.length, c.maps, `${c.name}: init segments of video`);
  for (const s of maps.slice(1)) {
    assert.ok(s.discontinuity, `${c.name}: a new EXT-X-MAP without a discontinuity at ${s.msn}`);
  }
}

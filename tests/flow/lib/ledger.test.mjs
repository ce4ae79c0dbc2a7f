// The ledger passes an honest copy and names what a dishonest one did.
// SPDX-License-Identifier: MIT
//
// EXPECTED: clean for every clip; a flipped bit, a lost, repeated, swapped or late unit, a session
// without DISCONTINUITY, a missing tail and a rendition too many are each found and named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './clips.mjs';
import { readInit, readSegment } from './fmp4.mjs';
import { compare } from './ledger.mjs';
import { splitLengthPrefixed } from './nal.mjs';
import { makeRoom } from './origin.mjs';
import { scratch } from './relay.mjs';
import { hashUnits } from './ts.mjs';

async function tracksOf(t, c) {
  const made = await makeRoom(c, scratch(t));
  return made.map((track) => {
    const init = readInit(track.init);
    const samples = track.segments.flatMap((bytes, n) => readSegment(bytes, init).samples
      .map((s, i) => {
        const units = init.kind === 'video' ? splitLengthPrefixed(s.bytes) : [s.bytes];
        return { ...s, units, sha1: hashUnits(units), where: `${n}.m4s #${i}`, first: i === 0,
          discontinuity: false };
      }));
    return { name: track.name, kind: init.kind, timescale: init.timescale, samples };
  });
}

const copy = (tracks) => tracks.map((t) => ({ ...t, samples: t.samples.map((s) => ({ ...s })) }));

for (const name of ['small', 'h264-bframes-1080p', 'hevc', 'vfr', 'audio-late', 'aac-44100']) {
  test(`${name}: an honest copy is clean`, async (t) => {
    const c = await clip(name);
    const result = compare([c.sent], await tracksOf(t, c));
    assert.deepEqual(result.faults, []);
    assert.equal(result.matched, c.sent.streams.reduce((n, s) => n + s.aus.length, 0));
  });
}

test('dishonest copies are found', async (t) => {
  const c = await clip('small');
  const good = await tracksOf(t, c);
  const faults = (change, sessions = [c.sent]) => {
    const tracks = copy(good);
    change(tracks[0].samples, tracks[1].samples, tracks);
    return compare(sessions, tracks).faults.join('\n');
  };
  assert.equal(faults(() => {}), '');
  assert.match(faults((v) => {
    const units = v[40].units.map((u) => Buffer.from(u));
    units.at(-1)[9] ^= 4;
    Object.assign(v[40], { units, sha1: hashUnits(units) });
  }), /video access unit 40 .*altered.*unit \d differs from byte 9/);
  assert.match(faults((v) => v.splice(77, 1)), /video access unit 77 .*was lost, with 0 after/);
  assert.match(faults((v, a) => a.splice(30, 5)), /audio access unit 30 .*lost, with 4 after/);
  assert.match(faults((v) => v.splice(50, 0, v[49])), /repeats access unit 49/);
  assert.match(faults((v) => v.push(v[3])), /1 samples more than were sent/);
  assert.match(faults((v) => v.splice(10, 2, v[11], v[10])), /access unit 10 .*lost/);
  assert.match(faults((v) => v.splice(190)), /access unit 190 .*and 9 after it never came out/);
  assert.match(faults((v) => { v[60].pts += 1; }), /access unit 60 .*shown 0\.011 ms off/);
  assert.match(faults((v) => { v[60].dts += 1; }), /DTS moved/);
  assert.match(faults((v, a) => a.forEach((s) => { s.pts += 48; })),
    /audio .*shown 1\.0\d\d ms off/);
  assert.match(faults((v, a, all) => all.push({ ...all[1], name: 'audio-2' })), /2 audio rend/);
  assert.match(faults((v, a, all) => all.pop()), /no rendition carries it/);
  assert.match(faults((v) => { v[0].units.shift(); v[0].sha1 = hashUnits(v[0].units); }),
    /access unit 0 .*altered/);
});

test('sessions: two in a row, and one cut off', async (t) => {
  const c = await clip('small');
  const good = await tracksOf(t, c);
  const twice = (cut, mark) => good.map((track) => {
    const second = track.samples.map((s, i) => ({ ...s, pts: s.pts + 20 * track.timescale,
      dts: s.dts + 20 * track.timescale, discontinuity: mark && i === 0, where: `second #${i}` }));
    const first = cut ? track.samples.slice(0, track.kind === 'video' ? 100 : 180) : track.samples;
    return { ...track, samples: [...first, ...second] };
  });
  const again = { ...c.sent };
  assert.deepEqual(compare([c.sent, again], twice(false, true)).faults, []);
  assert.match(compare([c.sent, again], twice(false, false)).faults.join(), /without EXT-X-DISC/);
  assert.deepEqual(compare([{ ...c.sent, complete: false }, again], twice(true, true)).faults, []);
  assert.match(compare([c.sent, again], twice(true, true)).faults.join(), /lost|repeats/);
});

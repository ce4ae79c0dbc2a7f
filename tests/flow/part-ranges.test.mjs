// Parts as byte ranges of their segments: hls.part_uris: range.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every rule holds, rule 82 too: the hint names the segment that the next part is a range
// of, also where a segment ends just when a part is full; no frame is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playTogether } from './lib/situation.mjs';

test('parts as byte ranges', async (t) => {
  const rooms = await playTogether(t, ['small', 'two-audio-tracks', 'video-only', 'vfr'],
    { relay: { set: ['hls.part_uris=range'] } });
  for (const { name, follower } of rooms) {
    const { facts } = follower;
    for (const fact of ['ll', 'hints', 'ranges']) assert.ok(facts.has(fact), `${name}: ${fact}`);
  }
});

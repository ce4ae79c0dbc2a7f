// Variable frame rate: frames are missing at irregular places.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit with its own time; durations are the distances of the DTS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('variable frame rate', async (t) => {
  const source = await clip('vfr');
  const { aus } = source.sent.streams[0];
  const steps = new Set(aus.slice(1).map((a, i) => a.dts - aus[i].dts));
  assert.ok(steps.size > 2, `the clip varies: ${[...steps]}`);
  const { follower } = await playThrough(t, source);
  const { samples } = follower.track('video');
  for (const [i, s] of samples.slice(0, -1).entries()) {
    assert.equal(s.duration, aus[i + 1].dts - aus[i].dts, `duration of frame ${i}`);
  }
});

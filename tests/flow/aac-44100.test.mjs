// Sound at 44.1 kHz: its frames do not fall on 90 kHz ticks.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the audio timescale is 44100, every frame within one sample of its time, and no drift
// between tfdt and the sum of durations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('AAC at 44.1 kHz', async (t) => {
  const { follower } = await playThrough(t, await clip('aac-44100'));
  const { init } = follower.renditions.get('audio').ordered()[0];
  assert.deepEqual([init.timescale, init.sampleRate, init.channels], [44100, 44100, 2]);
});

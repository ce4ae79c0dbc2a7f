// One channel of sound.
// SPDX-License-Identifier: MIT
//
// EXPECTED: CHANNELS="1" in the multivariant playlist, one channel in the AudioSpecificConfig.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('mono', async (t) => {
  const { follower } = await playThrough(t, await clip('aac-mono'));
  const { init } = follower.renditions.get('audio').ordered()[0];
  assert.equal(init.config[1] >> 3 & 15, 1, 'channelConfiguration');
  assert.equal(follower.index.media[0].get('CHANNELS').value, '1');
});

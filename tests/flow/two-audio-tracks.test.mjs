// Two languages in one feed.
// SPDX-License-Identifier: MIT
//
// EXPECTED: renditions audio and audio-2 in one group, each with all of its own frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('two audio tracks', async (t) => {
  const { follower, result } = await playThrough(t, await clip('two-audio-tracks'));
  assert.equal(result.leftOut, 0);
  assert.deepEqual([...follower.renditions.keys()].sort(), ['audio', 'audio-2', 'video']);
  const groups = new Set(follower.index.media.map((m) => m.get('GROUP-ID').value));
  assert.equal(groups.size, 1);
  assert.equal(follower.index.media.length, 2);
});

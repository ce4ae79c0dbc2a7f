// A feed without a picture.
// SPDX-License-Identifier: MIT
//
// EXPECTED: one audio rendition, segments near the target duration, every AAC frame there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('audio only', async (t) => {
  const { follower, result } = await playThrough(t, await clip('audio-only'));
  assert.equal(result.leftOut, 0);
  assert.deepEqual([...follower.renditions.keys()], ['audio']);
  const segments = follower.renditions.get('audio').ordered();
  assert.ok(segments.length >= 3, `${segments.length} segments of an 8 s clip`);
  assert.ok(!follower.index.variants[0].attributes.has('RESOLUTION'));
});

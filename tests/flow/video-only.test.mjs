// A feed without sound.
// SPDX-License-Identifier: MIT
//
// EXPECTED: one video rendition, no audio group anywhere, every access unit there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('video only', async (t) => {
  const { follower } = await playThrough(t, await clip('video-only'));
  assert.deepEqual([...follower.renditions.keys()], ['video']);
  assert.deepEqual(follower.index.media, []);
  assert.doesNotMatch(follower.index.variants[0].attributes.get('CODECS').value, /mp4a/);
});

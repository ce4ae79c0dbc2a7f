// AAC and AC-3 in one program, both in English.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each is a rendition of its own, with all of its frames; each names its own codec.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('AAC and AC-3', async (t) => {
  const { follower, result } = await playThrough(t, await clip('audio-mixed'));
  assert.equal(result.leftOut, 0);
  assert.deepEqual([...follower.renditions.keys()].sort(), ['audio', 'audio-2', 'video']);
  const codec = (name) => follower.renditions.get(name).ordered()[0].init.rfc6381;
  assert.deepEqual([codec('audio'), codec('audio-2')], ['mp4a.40.2', 'ac-3']);
  assert.equal(follower.index.media.length, 2);
  const lists = follower.index.variants.flatMap((v) => v.attributes.get('CODECS').value.split(','));
  assert.ok(lists.includes('ac-3') && lists.includes('mp4a.40.2'), `CODECS ${lists}`);
});

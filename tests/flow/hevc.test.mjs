// HEVC with B-frames.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit bit for bit; sample entry hvc1 with the parameter sets in it
// (rule 42), and CODECS in the multivariant playlist the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('HEVC', async (t) => {
  const source = await clip('hevc');
  const { follower, result } = await playThrough(t, source);
  assert.equal(result.leftOut, 0);
  const { init } = follower.renditions.get('video').ordered()[0];
  assert.equal(init.entry, 'hvc1');
  assert.equal(init.codec, 'hevc');
  assert.ok(init.config[22] >= 3, 'hvcC holds VPS, SPS and PPS');
  assert.match(follower.index.variants[0].attributes.get('CODECS').value, /hvc1\.1\.6\./);
});

// A 3840×2160 H.264 feed of 20 Mb/s, constant bitrate with filler.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit, filler included, is in exactly one segment bit for bit; no rule is
// broken; the multivariant playlist declares 3840x2160 and a bandwidth near what was sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('4K at 20 Mb/s', async (t) => {
  const source = await clip('h264-4k');
  const filler = source.sent.streams[0].aus.filter((a) => a.nalTypes.includes(12)).length;
  assert.ok(filler > 0, 'the clip has filler to carry');
  const { follower, result } = await playThrough(t, source);
  assert.equal(result.leftOut, 0);
  const [variant] = follower.index.variants;
  assert.equal(variant.attributes.get('RESOLUTION').value, '3840x2160');
  const bandwidth = Number(variant.attributes.get('BANDWIDTH').value);
  assert.ok(bandwidth > 15e6 && bandwidth < 35e6, `BANDWIDTH ${bandwidth}`);
});

// 1080p H.264 with three B-frames and a pyramid: PTS and DTS differ.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit comes out in decoding order, PTS and DTS to the tick.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('B-frames', async (t) => {
  const source = await clip('h264-bframes-1080p');
  assert.ok(source.sent.streams[0].aus.some((a) => a.pts !== a.dts), 'the clip has B-frames');
  const { follower, result } = await playThrough(t, source);
  assert.equal(result.leftOut, 0);
  const init = follower.renditions.get('video').ordered()[0].init;
  assert.deepEqual([init.width, init.height, init.timescale], [1920, 1080, 90000]);
  const rate = follower.index.variants[0].attributes.get('FRAME-RATE');
  assert.equal(rate?.value, '30.000');
});

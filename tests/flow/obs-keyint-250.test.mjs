// OBS out of the box: x264's 250 frames between IDRs, 8.33 s at 30 fps.
// SPDX-License-Identifier: MIT
//
// EXPECTED: segments follow the IDRs, TARGETDURATION is declared once and covers them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('an IDR every 8.33 s', async (t) => {
  const source = await clip('obs-keyint-250');
  const { follower } = await playThrough(t, source);
  const video = follower.renditions.get('video');
  const { aus } = source.sent.streams[0];
  const keys = aus.map((a, i) => [a.key, i]).filter(([key]) => key).map(([, i]) => i);
  const lengths = video.ordered().map((s) => s.media.samples.length);
  assert.deepEqual(lengths, keys.map((k, n) => (keys[n + 1] ?? aus.length) - k));
  assert.ok(video.list.targetDuration >= 8 && video.list.targetDuration <= 10,
    `TARGETDURATION ${video.list.targetDuration}`);
});

// What a real OBS 29 sent over SRT, replayed by ffmpeg.
// SPDX-License-Identifier: MIT
//
// EXPECTED: frame for frame, with the SEI that stands before the first AUD, filler, and 30 s of
// digital silence whose frames are alike. Skipped where the capture is not beside the checkout.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capture, hasCapture } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

const skip = hasCapture() ? false : 'shared/media/obs-29-720p30.ts is not beside this checkout';

test('a capture of OBS', { skip }, async (t) => {
  const source = await capture();
  assert.deepEqual(source.sent.streams[0].aus[0].nalTypes, [6, 9, 7, 8, 6, 5]);
  const { result } = await playThrough(t, source);
  assert.equal(result.leftOut, 0);
});

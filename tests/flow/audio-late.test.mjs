// Sound that begins three seconds after the picture.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the picture plays at once; when sound comes it joins as a rendition with its offset
// to the tick; no frame of either is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { playThrough } from './lib/situation.mjs';

test('audio begins 3 s late', async (t) => {
  const source = await clip('audio-late');
  const [video, audio] = source.sent.streams;
  assert.ok(audio.aus[0].pts - video.aus[0].pts > 2.5 * 90000, 'the clip is late');
  const { follower, result } = await playThrough(t, source);
  assert.equal(result.leftOut, 0);
  assert.ok(follower.renditions.has('audio'));
});

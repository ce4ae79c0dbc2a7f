// MP3: MPEG-1 beside video, MPEG-2's half rate alone.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every frame bit for bit; sample entry mp4a whose esds names the objectTypeIndication
// 0x6B or 0x69 and nothing else; CODECS mp4a.40.34, for the reason in codecs/mpeg_audio.c.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

// Each in a relay of its own: all at once.
describe('MP3', { concurrency: true }, () => {
  test('MP3', async (t) => {
    const { init } = await assertPlays(t, 'audio-mp3', { entry: 'mp4a', codecs: 'mp4a.40.34',
      channels: 2, timescale: 44100, config: null });
    assert.equal(init.objectType, 0x6b);
  });
  test('MP3 at a half rate', async (t) => {
    const { init } = await assertPlays(t, 'audio-mp3-lsf', { entry: 'mp4a', codecs: 'mp4a.40.34',
      channels: 1, timescale: 22050, config: null });
    assert.equal(init.objectType, 0x69);
  });
});

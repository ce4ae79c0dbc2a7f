// MP3: MPEG-1 beside video, MPEG-2's half rate alone.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every frame bit for bit; sample entry mp4a whose esds names the objectTypeIndication
// 0x6B or 0x69 and nothing else, CODECS the same (RFC 6381 section 3.3).
import { test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

test('MP3', (t) => assertPlays(t, 'audio-mp3', { entry: 'mp4a', codecs: 'mp4a.6B', channels: 2,
  timescale: 44100, config: null }));
test('MP3 at a half rate', (t) => assertPlays(t, 'audio-mp3-lsf', { entry: 'mp4a',
  codecs: 'mp4a.69', channels: 1, timescale: 22050, config: null }));

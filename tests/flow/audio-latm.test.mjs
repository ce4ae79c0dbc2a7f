// AAC in LATM/LOAS, where a frame's bits lie across bytes.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every AAC frame bit for bit, on whole bytes; the AudioSpecificConfig of the stream.
import { test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

test('AAC in LATM', (t) => assertPlays(t, 'audio-latm', { entry: 'mp4a', codecs: 'mp4a.40.2',
  channels: 2, timescale: 48000, config: '1190' }));

// Opus in a transport stream: stereo beside video, and 5.1 alone in frames of 10 ms.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every packet bit for bit, without its control header; sample entry Opus whose dOps has
// the PMT's channel mapping and a PreSkip of 0 (a viewer begins in the middle).
import { describe, test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

// Each in a relay of its own: all at once.
describe('Opus', { concurrency: true }, () => {
  test('Opus', (t) => assertPlays(t, 'audio-opus', { entry: 'Opus', codecs: 'Opus', channels: 2,
    timescale: 48000, config: '000200000000bb80000000' }));
  test('Opus 5.1', (t) => assertPlays(t, 'audio-opus-51', { entry: 'Opus', codecs: 'Opus',
    channels: 6, timescale: 48000, config: '000600000000bb800000010402000401020305' }));
});

// AC-3 by its ATSC stream type, by DVB's descriptor with 5.1 channels, and alone at 44.1 kHz.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every syncframe bit for bit; sample entry ac-3 whose dac3 says what the frames say
// (ETSI TS 102 366 F.4), CODECS the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

// Each in a relay of its own: all at once.
describe('AC-3', { concurrency: true }, () => {
  test('AC-3', (t) => assertPlays(t, 'audio-ac3', { entry: 'ac-3', codecs: 'ac-3', channels: 2,
    timescale: 48000, config: '101140' }));
  test('AC-3 in DVB', (t) => assertPlays(t, 'audio-ac3-dvb', { entry: 'ac-3', codecs: 'ac-3',
    channels: 6, timescale: 48000, config: '103de0' }));
  test('AC-3 at 44.1 kHz', (t) => assertPlays(t, 'audio-ac3-44100', { entry: 'ac-3', codecs: 'ac-3',
    channels: 2, timescale: 44100, config: '5010c0' }));
});

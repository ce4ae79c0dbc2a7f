// Enhanced AC-3 by its ATSC stream type with 5.1 channels, and by DVB's descriptor.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit bit for bit; sample entry ec-3 whose dec3 says what the frames say
// (ETSI TS 102 366 F.6): data rate, one independent substream, bsid 16, no dependent ones.
import { test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

test('E-AC-3', (t) => assertPlays(t, 'audio-eac3', { entry: 'ec-3', codecs: 'ec-3', channels: 6,
  timescale: 48000, config: '0600200f00' }));
test('E-AC-3 in DVB', (t) => assertPlays(t, 'audio-eac3-dvb', { entry: 'ec-3', codecs: 'ec-3',
  channels: 2, timescale: 48000, config: '0400200400' }));

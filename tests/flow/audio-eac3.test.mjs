// Enhanced AC-3 by its ATSC stream type with 5.1 channels, by DVB's descriptor, and at a rate so high
// that a syncframe holds two blocks of six.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit bit for bit; sample entry ec-3 whose dec3 says what the frames say
// (ETSI TS 102 366 F.6): data rate, one independent substream, bsid 16, no dependent ones. A sample is
// six blocks, however many syncframes those are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

// Each in a relay of its own: all at once.
describe('E-AC-3', { concurrency: true }, () => {
  test('E-AC-3', (t) => assertPlays(t, 'audio-eac3', { entry: 'ec-3', codecs: 'ec-3', channels: 6,
    timescale: 48000, config: '0600200f00' }));
  test('E-AC-3 in DVB', (t) => assertPlays(t, 'audio-eac3-dvb', { entry: 'ec-3', codecs: 'ec-3',
    channels: 2, timescale: 48000, config: '0400200400' }));
  test('E-AC-3 of two blocks a frame', async (t) => {
    const { follower } = await assertPlays(t, 'audio-eac3-blocks', { entry: 'ec-3', codecs: 'ec-3',
      channels: 6, timescale: 48000, config: '5e80200f00' });
    const { samples } = follower.renditions.get('audio').ordered()[1].media;
    assert.ok(samples.every((s) => s.duration === 1536), 'each sample lasts six blocks');
    const sync = Buffer.from([0x0b, 0x77]);
    const { bytes } = samples[0];
    const size = 2 * ((bytes[2] & 7) << 8 | bytes[3]) + 2;
    assert.equal(bytes.length, 3 * size);
    for (const at of [0, size, 2 * size]) assert.ok(bytes.subarray(at, at + 2).equals(sync));
  });
});

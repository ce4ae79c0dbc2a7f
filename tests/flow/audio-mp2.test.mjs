// MP2, which programs play and browsers do not.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every frame bit for bit; sample entry mp4a with objectTypeIndication 0x6B; CODECS
// mp4a.40.33, for the reason in codecs/mpeg_audio.c; and a variant without sound for who cannot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';

test('MP2', async (t) => {
  const { init, follower } = await assertPlays(t, 'audio-mp2', { entry: 'mp4a',
    codecs: 'mp4a.40.33', channels: 2, timescale: 48000, config: null });
  assert.equal(init.objectType, 0x6b);
  const codecs = follower.index.variants.map((v) => v.attributes.get('CODECS').value);
  assert.ok(codecs.some((c) => c.startsWith('avc1.') && !c.includes(',')), `${codecs}`);
});

// HE-AAC of both versions, in ADTS, which hides it, and in LATM, which says so.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every frame bit for bit; SBR signalled explicitly (object type 5 in front) with the rate
// that is heard. PS is told where the stream tells it; in ADTS it lies behind SBR's entropy coding,
// and object type 5 with one channel leaves its decoder free to find it (ISO/IEC 14496-3, 1.6.6.1).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPlays } from './lib/audio_play.mjs';
import { run } from './lib/child.mjs';

const v1 = { entry: 'mp4a', codecs: 'mp4a.40.5', channels: 2, timescale: 24000 };

// What an independent decoder makes of the output: profile, rate, channels.
async function heard({ file }) {
  const r = await run('ffprobe', ['-v', 'error', '-show_entries',
    'stream=profile,sample_rate,channels', '-of', 'csv=p=0', file], { limitMs: 30000 });
  return r.out.trim();
}

// Each in a relay of its own: all at once.
describe('HE-AAC', { concurrency: true }, () => {
  test('HE-AAC v1 in ADTS', async (t) => {
    const played = await assertPlays(t, 'he-aac-v1', { ...v1, config: '2b118800' });
    assert.equal(await heard(played), 'HE-AAC,48000,2');
  });

  test('HE-AAC v1 in LATM', async (t) => {
    const played = await assertPlays(t, 'he-aac-v1-latm', { ...v1, config: '2b118800' });
    assert.equal(await heard(played), 'HE-AAC,48000,2');
  });

  test('HE-AAC v2 in ADTS', async (t) => {
    const played = await assertPlays(t, 'he-aac-v2', { ...v1, config: '2b098800' });
    assert.equal(await heard(played), 'HE-AACv2,48000,2');
  });

  test('HE-AAC v2 in LATM', async (t) => {
    const played = await assertPlays(t, 'he-aac-v2-latm', { ...v1, codecs: 'mp4a.40.29',
      config: 'eb098800' });
    assert.equal(await heard(played), 'HE-AACv2,48000,2');
  });
});

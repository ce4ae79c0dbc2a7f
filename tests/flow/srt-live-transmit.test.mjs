// The other common sender: srt-live-transmit, fed by ffmpeg at the pace of the clip.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit of the bytes that went into srt-live-transmit comes out.
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { pushTransmit } from './lib/push.mjs';
import { playThrough } from './lib/situation.mjs';
import { readTs } from './lib/ts.mjs';

test('srt-live-transmit', async (t) => {
  await playThrough(t, await clip('small'), { push: pushTransmit,
    sent: (push) => readTs(push.sent()) });
});

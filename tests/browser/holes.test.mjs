// EXPECTED: a viewer in Chromium sees the clip, or the held picture, while the encoder is away, and
// in each kind of room the player is back with the live picture by itself, without an error.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { run } from '../flow/lib/child.mjs';
import { clip } from '../flow/lib/clips.mjs';
import { sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage, stats, waitForState, waitForStats } from './lib/chromium.mjs';

const FILLS = ['hold', 'slate', 'gap'];
const position = (page) => page.evaluate(() => document.querySelector('video').currentTime);

async function slateFile(t) {
  const file = path.join(scratch(t), 'slate.ts');
  const { code, log } = await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i',
    'smptebars=size=320x180:rate=25:duration=3', '-f', 'lavfi', '-i',
    'sine=frequency=880:duration=3', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '25', '-bf',
    '0', '-c:a', 'aac', '-f', 'mpegts', file]);
  assert.equal(code, 0, log);
  return file;
}

test('holes in a real player', { timeout: 150000 }, async (t) => {
  const relay = await startRelay(t, { set: ['srt.peer_idle_ms=1000',
    `rooms.slate=${await slateFile(t)}`, ...FILLS.map((f) => `rooms.list.${f}.fill=${f}`)] });
  const small = await clip('long');
  const push = (room) => pushFfmpeg(t, relay, { room, clip: small });
  const first = FILLS.map(push);
  const browser = await openBrowser(t);
  const pages = await Promise.all(FILLS.map(async (f) => {
    const page = await openPage(browser);
    await page.goto(`${relay.base}/watch/${f}`);
    await waitForState(page, 'playing', 30000);
    return page;
  }));
  await Promise.all(first.map((p) => p.kill()));
  await sleep(7000);
  for (const [i, fill] of FILLS.entries()) {
    if (fill === 'gap') continue;
    const was = await position(pages[i]);
    await until(`${fill}: what fills the hole to play`, 20000,
      async () => await position(pages[i]) > was + 2);
  }
  FILLS.forEach(push);
  const ends = await Promise.all(pages.map(async (page, i) => {
    const was = await stats(page);
    return waitForStats(page, `${FILLS[i]}: live frames`, 25000,
      (s) => s.state === 'playing' && s.decoded > was.decoded + 75);
  }));
  for (const [i, s] of ends.entries()) {
    // Across gaps the page may have to start its player anew: it had nothing to play.
    assert.ok(s.errors <= (FILLS[i] === 'gap' ? 1 : 0), `${FILLS[i]}: errors: ${s.lastError}`);
    assert.deepEqual(pages[i].faults, [], FILLS[i]);
  }
});

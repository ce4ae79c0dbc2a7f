// EXPECTED: /watch with a signed link plays, low latency included, whether the link is in the path or
// in the query; without one, and with one that ran out, the page says so in words, and goes on asking.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from '../flow/lib/child.mjs';
import { clip } from '../flow/lib/clips.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage, waitForState, waitForStats } from './lib/chromium.mjs';

const SET = [`rooms.sign_keys=a=${'a'.repeat(40)}`, 'rooms.access=signed'];

async function sign(expires) {
  const said = await run(path.join(ROOT, 'build', 'roomcast'),
    ['sign', ...SET.flatMap((s) => ['--set', s]), '--room', 'stage', '--expires', expires]);
  assert.equal(said.code, 0, said.log);
  return said.out.split('\n');
}

test('a signed room plays for who has a link', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t, { set: SET });
  const [token, watch] = await sign('1h');
  pushFfmpeg(t, relay, { room: 'stage', clip: await clip('long'), loop: 3 });
  const browser = await openBrowser(t);
  for (const address of [watch, `/watch/stage?token=${token}`]) {
    const page = await openPage(browser);
    await page.goto(`${relay.base}${address}`);
    const s = await waitForStats(page, 'the picture', 45000, (now) => now.decoded > 50);
    assert.equal(s.errors, 0, s.lastError);
    const asked = await page.evaluate(() => performance.getEntriesByType('resource')
      .map((e) => new URL(e.name).pathname).filter((p) => p.startsWith('/live/')));
    assert.ok(asked.some((p) => p.endsWith('.m4s')));
    assert.deepEqual(asked.filter((p) => !p.startsWith(`/live/~${token}/stage/`)), []);
    assert.deepEqual(page.faults, []);
    await page.close();
  }
  const [, short] = await sign('1s');
  for (const address of ['/watch/stage', short]) {
    const page = await openPage(browser);
    await new Promise((resolve) => { setTimeout(resolve, 1100); });
    await page.goto(`${relay.base}${address}`);
    await waitForState(page, 'closed');
    assert.match(await page.textContent('.scene-title'), /\S/);
    await page.close();
  }
});

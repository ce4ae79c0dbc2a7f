// EXPECTED: a viewer in Chromium plays through upgrades as if nothing had been, and after a kill -9
// of the front, and of the whole relay and its restart, hls.js resumes alone within ten seconds of
// the relay's and its publisher's return. runs alone
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { run } from '../flow/lib/child.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { Publisher } from '../flow/lib/kills.mjs';
import { BINARY, scratch, startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage, playsOn, stats, waitForState } from './lib/chromium.mjs';

test('a viewer and a relay that dies', { timeout: 150000 }, async (t) => {
  const relay = await startRelay(t, { state: scratch(t), errors: [/front_died/] });
  const publisher = new Publisher(t, relay, 'main', await clip('small'));
  const browser = await openBrowser(t);
  const page = await openPage(browser);
  await sleep(3000);
  await page.goto(`${relay.base}/watch/main`);
  await waitForState(page, 'playing', 20000);
  await sleep(4000);

  const steady = await stats(page);
  for (let i = 0; i < 2; i++) {
    const asked = await run(BINARY, ['--upgrade', `${relay.pid}`]);
    assert.equal(asked.code, 0, relay.log.slice(-2000));
    await sleep(2500);
  }
  const after = await stats(page);
  assert.equal(after.errors, steady.errors, `errors: ${JSON.stringify(after)}`);
  assert.equal(after.stalls, steady.stalls, `stalls: ${JSON.stringify(after)}`);
  assert.ok(after.decoded > steady.decoded + 75, 'it plays through two upgrades');

  const { pid } = relay.processes().find((p) => p.name.startsWith('roomcast-front'));
  process.kill(pid, 'SIGKILL');
  await sleep(300);
  await relay.ready();
  t.diagnostic(`after the front's death: ${await playsOn(page)} ms`);

  await sleep(2000 + Math.random() * 2000);
  await relay.killWhole();
  await sleep(500);
  await relay.startAgain();
  await publisher.again();
  await until('the room to be on air', 15000,
    async () => (await get(`${relay.base}/live/main/index.m3u8`)).status === 200);
  t.diagnostic(`after the relay's death: ${await playsOn(page)} ms`);
  await publisher.stop();
});

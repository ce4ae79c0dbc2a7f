// EXPECTED: a real encoder's picture plays in /watch/ROOM at its rate, with next to no frame
// dropped and no stall, near the live edge; the encoder goes and comes back, and the picture goes on alone.
// runs alone
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { PHONE, openBrowser, openPage, overflow, stats, waitForState, waitForStats }
  from './lib/chromium.mjs';

const FPS = 25;
const WATCH_S = 15;
const PART_TARGET_S = 0.5; // hls.part_ms, out of the box
const LATENCY_S = 3 * PART_TARGET_S + 0.3;
const GAP_MS = 3000;
const SCRIPT_BYTES = 250000;

test('a pushed room plays, and goes on after a gap', { timeout: 230000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/watch/main-stage`);
  await waitForState(page, 'missing');

  const long = await clip('long');
  const first = pushFfmpeg(t, relay, { room: 'main-stage', clip: long, loop: 3 });
  await waitForState(page, 'playing', 60000);
  // It begins up to two seconds behind what is wanted, and catches up 6 % faster than time.
  const before = await waitForStats(page, 'a start at the live edge', 45000,
    (s) => s.decoded > FPS && s.latency > 0 && s.latency <= LATENCY_S - 0.1);
  const seconds = (s) => s.currentTime - before.currentTime;
  const samples = [];
  const after = await waitForStats(page, `${WATCH_S} s of playing`, WATCH_S * 1000 + 10000,
    (s) => samples.push(s) && seconds(s) >= WATCH_S);
  const decoded = after.decoded - before.decoded;
  // .latency is the distance to the live edge, .arrived the relay's clock when it got the picture:
  // both run on this machine, so what viewers are told must agree with how old the picture is.
  const late = samples.map((s) => s.latency).sort((a, b) => a - b);
  const old = samples.map((s) => (s.asked - s.arrived) / 1000 - s.latency).sort((a, b) => a - b);
  const [latency, gap] = [late.at(-1), old[old.length >> 1]];
  t.diagnostic(`${decoded} frames in ${seconds(after).toFixed(2)} s, ${after.dropped} dropped, `
    + `latency at most ${latency.toFixed(2)} s, clock ${gap.toFixed(2)} s more`);
  assert.ok(decoded >= seconds(after) * FPS * 0.95, `${decoded} frames in ${seconds(after)} s`);
  assert.ok(after.dropped - before.dropped <= decoded * 0.05, `${after.dropped} frames dropped`);
  assert.equal(after.stalls, before.stalls, 'stalls');
  assert.equal(after.errors, 0, after.lastError);
  // The bar for a minute of it is in make test-players; here a busy machine may cost a frame or two.
  assert.ok(late[0] > 0 && late[late.length >> 1] <= LATENCY_S && latency <= LATENCY_S + 0.3,
    `latency ${late[0]} to ${latency} s`);
  assert.ok(Math.abs(gap) < 0.5, `the picture is ${gap} s older than what is said`);
  assert.deepEqual([after.width, after.height], [320, 180]);
  assert.match(await page.textContent('[data-fact=resolution] dd'), /320 × 180/);
  assert.match(await page.textContent('[data-fact=video] dd'), /H\.264/);

  await first.kill();
  await sleep(GAP_MS);
  pushFfmpeg(t, relay, { room: 'main-stage', clip: long, loop: 3 });
  const gone = await stats(page);
  const back = await waitForStats(page, 'the picture to go on', 45000,
    (s) => s.state === 'playing' && s.decoded > gone.decoded + 10 * FPS);
  assert.ok(back.latency < 20, `latency ${back.latency}`);
  assert.deepEqual(page.faults, []);
});

test('the controls do what they say', { timeout: 150000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'tea', clip: await clip('long'), loop: 3 });
  const page = await openPage(await openBrowser(t), { size: PHONE });
  await page.goto(`${relay.base}/watch/tea`);
  const started = await waitForState(page, 'playing', 60000);
  assert.equal(started.muted, true);
  assert.ok(await overflow(page) <= 0, 'wider than the window');
  await page.click('.sound-on');
  assert.equal((await stats(page)).muted, false);
  assert.equal(await page.isVisible('.sound-on'), false);

  await page.click('.control.play');
  const paused = await waitForState(page, 'paused');
  await page.click('.big-play');
  await waitForStats(page, 'to go on', 10000,
    (s) => s.state === 'playing' && s.currentTime > paused.currentTime);
  await page.keyboard.press('m');
  assert.equal((await stats(page)).muted, true);

  const isAtEdge = () => page.$eval('.golive', (b) => b.classList.contains('at-edge'));
  await waitForStats(page, 'something to go back to', 30000, (s) => s.currentTime > 13);
  await page.evaluate(() => { document.querySelector('video').currentTime -= 6; });
  await until('the button to offer the live edge', 15000, async () => !await isAtEdge());
  const behind = await stats(page);
  await page.keyboard.press('l');
  await until('the button to say live', 15000, isAtEdge);
  await waitForStats(page, 'to be closer to the live edge', 15000,
    (s) => s.latency < behind.latency - 2);

  for (const button of await page.$$('button:visible, a:visible, input:visible')) {
    const name = await button.evaluate((b) => b.ariaLabel || b.textContent.trim());
    assert.ok(name, `a control without a name: ${await button.evaluate((b) => b.outerHTML)}`);
  }
  const bytes = await page.evaluate(() => performance.getEntriesByType('resource')
    .filter((r) => /\.js$/.test(r.name)).reduce((sum, r) => sum + r.encodedBodySize, 0));
  assert.ok(bytes > 100000 && bytes <= SCRIPT_BYTES, `${bytes} bytes of script`);
  assert.deepEqual(page.faults, []);
});

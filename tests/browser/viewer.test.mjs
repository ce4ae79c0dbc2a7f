// EXPECTED: what viewers meet and no playlist says: a finger where a hidden button is, a browser whose
// clicks do not say what clicked, a key that is held, a picture in a window of its own that stands
// still, a clock that is hours wrong; and a player that begins anew again and again keeps nothing.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { sleep, until } from '../flow/lib/http.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage, playsOn, stats, waitForState, waitForStats }
  from './lib/chromium.mjs';
import { MadeUpRoom, madeUpRooms, makeSegments, showRooms } from './lib/made-up.mjs';

const HOURS_MS = 5 * 3600000;

// Every clock of the page but the one that counts from its start.
function clockIsWrong(ms) {
  const { now } = Date;
  Date.now = () => now() + ms;
}

test('viewers', { timeout: 240000 }, async (t) => {
  const relay = await startRelay(t);
  const browser = await openBrowser(t);
  const segments = await makeSegments(t);
  let made = 0;
  async function open(size = DESKTOP, before = () => {}) {
    const page = await openPage(browser, { size });
    const room = new MadeUpRoom(`viewer-${made++}`, segments);
    await room.show(page);
    await before(page);
    await page.goto(`${relay.base}/watch/${room.name}`);
    await waitForState(page, 'playing', 30000);
    return { page, room };
  }

  await t.test('a finger where a hidden button is', async () => {
    const { page } = await open(PHONE);
    const play = await page.locator('.control.play').boundingBox();
    await page.waitForSelector('.stage.idle', { timeout: 15000 });
    await page.touchscreen.tap(play.x + play.width / 2, play.y + play.height / 2);
    await page.waitForSelector('.stage:not(.idle)', { timeout: 5000 });
    await sleep(500);
    assert.equal((await stats(page)).state, 'playing', 'a button that nobody saw was pressed');
    assert.ok(await page.isVisible('.stage:not(.idle)'), 'the bar came and went');
    await page.touchscreen.tap(play.x + play.width / 2, play.y + play.height / 2);
    await waitForState(page, 'paused', 5000);
    await page.context().close();
  });

  await t.test('a click that does not say what clicked', async () => {
    const { page } = await open(PHONE);
    await page.waitForSelector('.stage.idle', { timeout: 15000 });
    await page.evaluate(() => {
      const video = document.querySelector('video');
      const at = { bubbles: true, clientX: 190, clientY: 120 };
      video.dispatchEvent(new PointerEvent('pointerup', { ...at, pointerType: 'touch' }));
      video.dispatchEvent(new MouseEvent('click', at));
    });
    await page.waitForSelector('.stage:not(.idle)', { timeout: 5000 });
    assert.equal(await page.evaluate(() => document.querySelector('video').paused), false);
    await page.context().close();
  });

  await t.test('a key that is held', async () => {
    const { page } = await open();
    for (let i = 0; i < 4; i++) await page.keyboard.down('m'); // the first is pressed, the others repeat
    await page.keyboard.up('m');
    assert.equal((await stats(page)).muted, false);
    for (let i = 0; i < 3; i++) await page.keyboard.down('ArrowDown');
    await page.keyboard.up('ArrowDown');
    const volume = await page.evaluate(() => document.querySelector('video').volume);
    assert.ok(Math.abs(volume - 0.85) < 0.01, `volume ${volume}: what is held goes on`);
    await page.context().close();
  });

  await t.test('a picture in its own window that stands still', async () => {
    const { page } = await open();
    await page.evaluate(() => {
      const video = document.querySelector('video');
      Object.defineProperty(document, 'hidden', { get: () => true });
      Object.defineProperty(document, 'pictureInPictureElement', { get: () => video });
      const at = video.currentTime;
      Object.defineProperty(video, 'currentTime', { configurable: true, get: () => at, set() {} });
      video.addEventListener('emptied', () => delete video.currentTime); // of a new source
    });
    await waitForStats(page, 'a new source', 30000, (s) => s.recovered > 0 && s.state === 'playing');
    await page.context().close();
  });

  await t.test('a clock that is wrong', async () => {
    const wrong = (page) => page.addInitScript(clockIsWrong, HOURS_MS);
    const { page } = await open(DESKTOP, wrong);
    await until('how long it is on air', 10000, async () => (
      /under a minute/.test(await page.textContent('[data-fact=since]'))));
    const wall = await openPage(browser);
    await wrong(wall);
    const [room] = madeUpRooms(1);
    await showRooms(wall, () => [{ ...room, since: new Date(Date.now() - 12.5 * 60000).toISOString() }]);
    await wall.goto(`${relay.base}/`);
    await wall.waitForSelector('.card');
    assert.match(await wall.textContent('.card .meta'), /^Live for 12 min/);
    for (const p of [page, wall]) await p.context().close();
  });

  await t.test('one that begins anew again and again', async () => {
    const { page, room } = await open();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    const count = async () => {
      await cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await cdp.send('Performance.getMetrics');
      return Object.fromEntries(metrics.filter((m) => /^(JSEventListeners|Nodes)$/.test(m.name))
        .map((m) => [m.name, m.value]));
    };
    const anew = async (first) => {
      const { recovered } = await stats(page);
      room.restart(first);
      await waitForStats(page, 'recovery', 20000, (s) => s.recovered > recovered);
      await playsOn(page, 20000);
    };
    await anew(50000);
    const was = await count();
    for (let i = 2; i < 6; i++) await anew(i * 50000);
    const now = await count();
    t.diagnostic(JSON.stringify({ was, now }));
    assert.ok(now.JSEventListeners <= was.JSEventListeners + 20, JSON.stringify({ was, now }));
    assert.ok(now.Nodes <= was.Nodes + 40, JSON.stringify({ was, now }));
    await page.context().close();
  });
});

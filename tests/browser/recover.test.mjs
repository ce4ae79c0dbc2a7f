// EXPECTED: the player comes back by itself from every fault a room or a network can have, and says
// in words what it waits for. The relay serves the pages; /live/ is made up and fails on command.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage, stats, waitForState, waitForStats } from './lib/chromium.mjs';
import { MadeUpRoom, makeSegments } from './lib/made-up.mjs';

const advances = (page, limitMs = 20000) => stats(page).then((was) => waitForStats(page,
  'frames to advance', limitMs, (s) => s.state === 'playing' && s.decoded > was.decoded + 20));

async function play(browser, relay, segments, prepare = () => {}) {
  const page = await openPage(browser);
  const room = new MadeUpRoom('fault', segments);
  prepare(room);
  await room.show(page);
  await page.goto(`${relay.base}/watch/fault`);
  return { page, room };
}

test('the player recovers', { timeout: 220000 }, async (t) => {
  const relay = await startRelay(t);
  const segments = await makeSegments(t);
  const browser = await openBrowser(t);
  const open = (prepare) => play(browser, relay, segments, prepare);
  const close = (page) => page.context().close();

  await t.test('from a room that is not there yet', async () => {
    const { page, room } = await open((r) => { r.state = 'missing'; });
    await waitForState(page, 'missing');
    assert.match(await page.textContent('.scene'), /Not started yet/);
    room.state = 'live';
    await waitForState(page, 'playing');
    assert.deepEqual(page.faults, []);
    await close(page);
  });

  await t.test('from a publisher that leaves and comes back', async () => {
    const { page, room } = await open();
    await waitForState(page, 'playing');
    room.sending = false;
    room.state = 'waiting';
    await waitForState(page, 'waiting');
    assert.match(await page.textContent('.scene'), /right back/);
    room.reconnect();
    room.state = 'live';
    const s = await advances(page);
    assert.equal(s.errors, 0, `errors: ${s.lastError}`);
    await close(page);
  });

  await t.test('from a network that is gone for a while', async () => {
    const { page, room } = await open();
    await waitForState(page, 'playing');
    room.network = false;
    await waitForState(page, 'lost', 25000);
    assert.match(await page.textContent('.scene'), /Connection lost/);
    room.network = true;
    const s = await advances(page);
    assert.ok(s.recovered >= 1, JSON.stringify(s));
    await close(page);
  });

  await t.test('from segments that are not media', async () => {
    const { page, room } = await open();
    await waitForState(page, 'playing');
    room.garbage = 3;
    await waitForStats(page, 'the fault to be noticed', 15000, (s) => s.errors + s.warnings > 0);
    await advances(page);
    await close(page);
  });

  await t.test('from a relay that starts again with other numbers', async () => {
    for (const first of [5, 90000]) {
      const { page, room } = await open();
      await waitForState(page, 'playing');
      room.restart(first);
      const s = await waitForStats(page, 'recovery', 20000,
        (now) => now.recovered > 0 && now.state === 'playing');
      assert.ok(s.latency < 8, `latency ${s.latency}`);
      await advances(page);
      await close(page);
    }
  });

  await t.test('from sound that appears later', async () => {
    const { page, room } = await open((r) => { r.sound = false; });
    await waitForState(page, 'playing');
    assert.equal((await stats(page)).levels[0].audioCodec ?? '', '');
    room.sound = true;
    await waitForStats(page, 'a level with sound', 20000,
      (s) => s.state === 'playing' && s.levels[0].audioCodec === 'mp4a.40.2');
    await close(page);
  });

  await t.test('from the end of a broadcast', async () => {
    const { page, room } = await open();
    await waitForState(page, 'playing');
    room.sending = false;
    room.state = 'ended';
    await waitForState(page, 'ended', 25000);
    assert.match(await page.textContent('.scene'), /broadcast has ended/);
    room.restart(300);
    room.state = 'live';
    await advances(page);
    await close(page);
  });

  await t.test('and says so when the browser cannot decode the room', async () => {
    const { page, room } = await open((r) => { r.video = 'hvc1.1.6.L93.B0'; r.sound = false; });
    await waitForState(page, 'unsupported');
    assert.match(await page.textContent('.scene'), /HEVC/);
    room.video = 'avc1.42c015';
    await waitForState(page, 'playing', 25000);
    await close(page);
  });
});

// EXPECTED: where rooms carry an agency the wall can be narrowed to one, by mouse or keyboard, in both
// languages; the address says what was chosen, and who opens it sees the same; where none does nobody
// is asked. A room says how many are watching it, and so does the player.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../flow/lib/http.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { accessFaults } from './lib/accessible.mjs';
import { PHONE, openBrowser, openPage, overflow } from './lib/chromium.mjs';
import { madeUpRooms, showRooms } from './lib/made-up.mjs';

const HTML = '<img src=x onerror=alert(1)>';
const titles = (page) => page.$$eval('#rooms > li h2', (all) => all.map((h) => h.textContent));
const options = (page) => page.$$eval('#agency option', (all) => all.map((o) => o.textContent));

function someRooms() {
  const [a, b, c, d] = madeUpRooms(4).map((r, i) => ({ ...r, title: `Hall ${i}`, state: 'live' }));
  return [{ ...a, agency: '星河传媒', viewers: 1234 }, { ...b, agency: HTML, viewers: 0 },
    { ...c, agency: '星河传媒', viewers: 15600, state: 'waiting' }, { ...d, agency: 7, viewers: '<b>' }];
}

test('the wall by agency', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t);
  const browser = await openBrowser(t);
  const page = await openPage(browser);
  let rooms = someRooms().map(({ agency, ...r }) => r);
  await showRooms(page, () => rooms);
  await page.goto(`${relay.base}/`);
  await page.waitForSelector('.card');
  assert.ok(await page.isHidden('#agency'), 'asked for an agency that no room has');

  rooms = someRooms();
  await page.waitForSelector('#agency:not([hidden])');
  assert.deepEqual((await options(page)).sort(), ['All agencies', `${HTML} (1)`, '星河传媒 (2)'].sort());
  assert.equal(await page.locator('img').count(), 0);
  assert.match(await page.textContent('a[href="/watch/room-000"]'), /星河传媒.*1\.2k watching/);
  assert.match(await page.textContent('a[href="/watch/room-001"]'), /· 0 watching/);
  assert.doesNotMatch(await page.textContent('a[href="/watch/room-003"]'), /watching|<b>/);

  // By keyboard: from the search to the list, and to an agency in it.
  await page.focus('#search');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'agency');
  await page.keyboard.press('ArrowDown');
  if (await page.inputValue('#agency') !== '星河传媒') await page.keyboard.press('ArrowDown');
  assert.deepEqual(await titles(page), ['Hall 0', 'Hall 2']);
  assert.match(await page.textContent('#count'), /^1 /);
  await page.click('#kinds button[data-kind="live"]');
  assert.deepEqual(await titles(page), ['Hall 0']);
  assert.deepEqual(await accessFaults(page), []);
  const shared = page.url();
  assert.match(decodeURIComponent(shared), /#show=live&agency=星河传媒$/);
  await page.fill('#search', 'nobody');
  assert.match(await page.textContent('#nothing'), /nobody/);
  await page.click('#clear');
  assert.equal((await titles(page)).length, 4);
  assert.equal(new URL(page.url()).hash, '');
  await page.fill('#search', '星河');
  assert.equal((await titles(page)).length, 2, 'the text finds agencies, too');

  const other = await openPage(browser, { size: PHONE, locale: 'zh-CN' });
  await showRooms(other, () => rooms);
  await other.goto(shared);
  await other.waitForSelector('.card');
  assert.deepEqual(await titles(other), ['Hall 0']);
  assert.equal(await other.inputValue('#agency'), '星河传媒');
  assert.equal((await options(other))[0], '全部机构');
  assert.match(await other.textContent('.card'), /1\.2k 人在看/);
  assert.ok(await overflow(other) <= 0, 'wider than the phone');
  assert.deepEqual(await accessFaults(other), []);
  // Its rooms have left, the wish has not.
  rooms = someRooms().slice(1, 2);
  await other.waitForSelector('#nothing:not([hidden])');
  assert.equal(await other.inputValue('#agency'), '星河传媒');
  await other.evaluate(() => { location.hash = '#show=toString&agency='; });
  await until('everything', 5000, async () => (await titles(other)).length === 1);
  assert.deepEqual([...page.faults, ...other.faults], []);
});

test('the player says how many are watching', { timeout: 40000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await openPage(await openBrowser(t));
  const status = { room: 'hall', title: 'Hall', state: 'live', since: new Date().toISOString(),
    video: null, audio: [], target_duration_s: 2, segments: 0, message: {} };
  await page.route('**/live/hall/**', (r) => (r.request().url().endsWith('/status.json')
    ? r.fulfill({ json: status }) : r.fulfill({ status: 404 })));
  await page.goto(`${relay.base}/watch/hall`);
  await page.waitForSelector('#facts-title');
  assert.ok(await page.isHidden('[data-fact="viewers"]'), 'nobody counts');
  status.viewers = 2048;
  await page.waitForSelector('[data-fact="viewers"]:not([hidden])', { timeout: 10000 });
  assert.match(await page.textContent('[data-fact="viewers"]'), /Viewers\s*2k/);
});

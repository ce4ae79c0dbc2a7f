// EXPECTED: the console's forms when things go wrong: an answer that never comes, a store that is away
// for a moment, a question that stays open over another page, a list that cannot be read when a key is
// to be shown, a clock that is wrong; and a room with a passphrase, whose printed line is enough for a
// publisher. What was saved shows in the form, the focus stays, and a Chinese reader is told in Chinese.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Child } from '../flow/lib/child.mjs';
import { COPY, clip } from '../flow/lib/clips.mjs';
import { ask, post } from '../flow/lib/console.mjs';
import { until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { accessFaults } from './lib/accessible.mjs';
import { PHONE, openBrowser, openPage, overflow } from './lib/chromium.mjs';

const TOKEN = 'organizers-only-1';
const PASSPHRASE = 'ten-to-79.bytes_~1';
const LIMIT = { timeout: 20000 };
const CONFIG = `access:\n  organizer_token: ${TOKEN}\n`;
const HOURS_MS = 5 * 3600000;

async function openConsole(browser, relay, hash = '', options = {}) {
  const page = await openPage(browser, options);
  if (options.before) await options.before(page);
  await page.goto(`${relay.base}/console${hash}`);
  await page.fill('#token', TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForSelector(hash ? '#room:not([hidden])' : '#list:not([hidden])', LIMIT);
  return page;
}

async function fillNew(page, name, more = {}) {
  await page.click('#make');
  await page.fill('#form-name', name);
  for (const [field, value] of Object.entries(more)) await page.fill(`#form-${field}`, value);
  await page.click('#room-new button[type="submit"]');
}

test('the forms in trouble', { timeout: 180000 }, async (t) => {
  const relay = await startRelay(t, { config: CONFIG, state: scratch(t), token: TOKEN });
  const browser = await openBrowser(t);

  await t.test('a passphrase is in all that is printed', async () => {
    const page = await openConsole(browser, relay);
    await fillNew(page, 'secret', { passphrase: PASSPHRASE });
    await page.waitForSelector('#fresh-srt', LIMIT);
    const line = await page.textContent('#fresh-srt');
    assert.ok(line.endsWith(`&passphrase=${PASSPHRASE}`), line);
    assert.ok((await page.textContent('#obs dl')).includes(
      `srt://127.0.0.1:${relay.srtPort}?passphrase=${PASSPHRASE}`));
    assert.deepEqual(await accessFaults(page), []);
    const push = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-re',
      '-stream_loop', '9', '-i', (await clip('small')).file, ...COPY, line]);
    t.after(() => { push.signal('SIGKILL'); return push.exited; });
    await until('the room to be live', 20000, async () => (
      (await ask(relay, 'rooms/secret')).json?.state === 'live'));
    push.signal('SIGKILL');

    // With a new key nobody here knows the passphrase any more, and the page says so.
    await page.click('#rotate');
    await page.click('#sure button[value="yes"]');
    await until('the new key', 20000, async () => (
      await page.textContent('#fresh-srt')) !== line);
    assert.doesNotMatch(await page.textContent('#fresh-srt'), /passphrase/);
    assert.match(await page.textContent('#fresh'), /has a passphrase/);

    // One that no address can hold goes apart, too.
    await page.fill('#obs-passphrase', 'with+plus and&and');
    assert.ok(await page.isDisabled('#obs-profile'));
    assert.match(await page.textContent('#obs [role="status"]'), /passphrase/);
    await page.context().close();
  });

  await t.test('what was saved shows, and the focus stays', async () => {
    await post(relay, 'rooms', { name: 'plain' });
    const page = await openConsole(browser, relay, '#plain');
    await page.waitForSelector('#form-passphrase', LIMIT);
    assert.equal(await page.locator('#form-passphrase-none').count(), 0);
    await page.fill('#form-passphrase', PASSPHRASE);
    await page.focus('#room-edit button[type="submit"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#form-passphrase-none', LIMIT);
    assert.match(await page.textContent('#form-passphrase-hint'), /There is one/);
    assert.equal(await page.inputValue('#form-passphrase'), '');
    assert.ok(await page.evaluate(() => document.activeElement.matches('#room-edit [type=submit]')));
    await page.check('#form-passphrase-none');
    await page.click('#room-edit button[type="submit"]');
    await page.waitForSelector('#form-passphrase-none', { ...LIMIT, state: 'detached' });
    const kept = (await ask(relay, 'settings')).json.rooms.find((r) => r.name === 'plain');
    assert.equal(kept.passphrase, false);
    await page.context().close();
  });

  await t.test('an answer that never comes', async () => {
    const page = await openConsole(browser, relay);
    await page.route('**/api/v1/rooms', (r) => (r.request().method() === 'POST' ? null : r.continue()));
    await fillNew(page, 'unheard');
    await page.waitForSelector('#room-new .problem:has-text("No answer came")', { timeout: 25000 });
    assert.ok(await page.isEnabled('#room-new button[type="submit"]'));
    await page.context().close();
  });

  await t.test('a store that is away for a moment', async () => {
    let away = true;
    const before = (page) => page.route('**/api/v1/rooms/-', (r) => (away
      ? r.fulfill({ status: 503, json: { detail: 'The rooms’ database cannot be used now.' } })
      : r.continue()));
    const page = await openConsole(browser, relay, '', { before });
    await page.waitForSelector('#make-not:not([hidden])', LIMIT);
    const other = await openConsole(browser, relay, '#plain', { before });
    await other.waitForSelector('#edit .why', LIMIT);
    away = false;
    await page.waitForSelector('#make:enabled', LIMIT);
    await other.waitForSelector('#room-edit', LIMIT);
    for (const p of [page, other]) await p.context().close();
  });

  await t.test('a question, and another page', async () => {
    const page = await openConsole(browser, relay, '#plain');
    await page.click('#close-room', LIMIT);
    await page.waitForSelector('#sure[open]');
    await page.evaluate(() => { location.hash = ''; });
    await page.waitForSelector('#list:not([hidden])', LIMIT);
    assert.equal(await page.locator('#sure[open]').count(), 0, 'it asks about a page that has gone');
    assert.equal((await ask(relay, 'settings')).json.rooms.some((r) => r.name === 'plain'), true);
    await page.context().close();
  });

  await t.test('a key while the list cannot be read', async () => {
    const page = await openConsole(browser, relay);
    await page.waitForSelector('#make:enabled', LIMIT);
    await page.route('**/api/v1/settings', (r) => r.abort());
    await fillNew(page, 'blind');
    await page.waitForSelector('#fresh-key', LIMIT);
    assert.match(await page.textContent('#fresh-key'), /^[0-9A-Za-z_-]{16,}$/);
    await page.context().close();
  });

  await t.test('a clock that is wrong', async () => {
    pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 9 });
    const page = await openConsole(browser, relay, '#hall', { before: (p) => p.addInitScript((ms) => {
      const { now } = Date;
      Date.now = () => now() + ms;
    }, HOURS_MS) });
    await until('points on the charts', 20000, () => page.$eval('.chart canvas',
      (c) => Number(c.dataset.points) > 0));
    assert.match(await page.textContent('.room-head'), /under a minute/);
    await page.context().close();
  });

  await t.test('in Chinese, on a phone', async () => {
    const page = await openConsole(browser, relay, '', { size: PHONE, locale: 'zh-CN' });
    await fillNew(page, 'plain');
    await page.waitForSelector('#room-new .problem:has-text("已有")', LIMIT);
    await page.fill('#form-name', '主舞台');
    await page.click('#room-new button[type="submit"]');
    await page.waitForSelector('#form-name-problem:not(:empty)', LIMIT);
    assert.match(await page.textContent('#form-name-problem'), /^填写有误/);
    await page.fill('#form-name', 'x');
    await page.fill('#form-title', '厅'.repeat(100));
    await page.click('#room-new button[type="submit"]');
    await page.waitForSelector('#form-title[aria-invalid="true"]', LIMIT);
    assert.match(await page.textContent('#form-title-problem'), /^填写有误.*128/);
    assert.deepEqual(await accessFaults(page), []);
    assert.ok(await overflow(page) <= 0, 'wider than the phone');
    await page.context().close();
  });
});

test('what is copied where the clipboard is forbidden', { timeout: 30000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await openPage(await openBrowser(t));
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: {
      writeText: () => Promise.reject(new DOMException('no', 'NotAllowedError')) } });
    document.execCommand = (what) => { window.executed = what; return true; };
  });
  await page.goto(`${relay.base}/`);
  await page.click('#empty .button.small');
  await until('a copy by hand', 5000, () => page.evaluate(() => window.executed === 'copy'));
  assert.deepEqual(page.faults, []);
});

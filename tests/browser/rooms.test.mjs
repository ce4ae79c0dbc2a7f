// Rooms that an organizer makes in the console, published into, watched, given a new key, closed.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the SRT line that the page shows is all that a publisher needs; the wall shows its
// picture, the player plays; a new key shuts the old one out and ends its feed; what is wrong stands
// beside its field; a title is text wherever it is shown; a room that is closed says so. A reader
// sees no form, a room of the file cannot be changed here, and without a store the page says why.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Child } from '../flow/lib/child.mjs';
import { COPY, clip } from '../flow/lib/clips.mjs';
import { ask } from '../flow/lib/console.mjs';
import { until } from '../flow/lib/http.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { accessFaults } from './lib/accessible.mjs';
import { PHONE, openBrowser, openPage, overflow, playsOn, stats, waitForState } from './lib/chromium.mjs';

const TOKEN = 'organizers-only-1';
const READER = 'readers-may-look-1';
const TITLE = '<img src=x onerror="document.title=1"><b>厅</b>';
const LIMIT = { timeout: 20000 };
const CONFIG = `access:
  organizer_token: ${TOKEN}
  reader_token: ${READER}
rooms:
  list:
    - name: listed
      key: "key-of-the-file-1"
`;

const signIn = async (page, token) => {
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
};
const row = (page, room) => page.locator(`tr:has(a[href="#${room}"])`);
const visible = (selector) => `${selector}:not([hidden])`;

// ffmpeg, given the line as it stands on the page.
async function pushLine(t, line) {
  const { file } = await clip('small');
  const push = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-re',
    '-stream_loop', '100', '-i', file, ...COPY, line]);
  t.after(() => { push.signal('SIGKILL'); return push.exited; });
  return push;
}

// What is no one's markup: the title's elements are nowhere in the page.
const hasNoMarkup = async (page, where) => {
  assert.equal(await page.locator('img[src="x"], b').count(), 0, `${where}: a title became markup`);
  assert.notEqual(await page.title(), '1', where);
};

test('a room of the console', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t, { config: CONFIG, state: scratch(t), token: TOKEN });
  const browser = await openBrowser(t);
  const page = await openPage(browser);
  await page.goto(`${relay.base}/console`);
  await signIn(page, TOKEN);
  await row(page, 'listed').waitFor(LIMIT);
  assert.match(await row(page, 'listed').textContent(), /Configuration file.*Offline/);

  // What is wrong stands beside its field, also where that was folded away.
  await page.click('#make');
  await page.fill('#form-name', '../x');
  await page.click('#room-new button[type="submit"]');
  await page.waitForSelector('#form-name[aria-invalid="true"]', LIMIT);
  assert.match(await page.textContent('#form-name-problem'), /^name: expected/);
  await page.fill('#form-name', 'stage');
  await page.fill('#form-title', TITLE);
  await page.click('#room-new summary');
  await page.fill('#form-window', '30 bananas');
  await page.fill('#form-part_ms', '4e2');
  await page.click('#room-new summary');
  await page.click('#room-new button[type="submit"]');
  await page.waitForSelector('[aria-invalid="true"]', LIMIT);
  assert.ok(await page.isVisible('#form-window'), 'the field in trouble is folded away');
  assert.deepEqual(await accessFaults(page), []);
  assert.equal(await page.textContent('#form-name-problem'), '', 'that was mended');
  await page.fill('#form-window', '30m');
  await page.fill('#form-part_ms', '400');
  await page.selectOption('#form-low_latency', 'true');
  await page.click('#room-new button[type="submit"]');
  await page.waitForSelector('#fresh-srt', LIMIT);
  const kept = (await ask(relay, 'settings')).json.rooms.find((r) => r.name === 'stage');
  assert.deepEqual([kept.title, kept.window, kept.part_ms, kept.low_latency, kept.access, kept.source],
    [TITLE, '30m', 400, true, 'default', 'api']);

  // The line, and the same for OBS, as text and as a code.
  const first = { line: await page.textContent('#fresh-srt'), key: await page.textContent('#fresh-key') };
  assert.equal(first.line, `srt://127.0.0.1:${relay.srtPort}?streamid=stage?key=${first.key}`);
  assert.match(await page.textContent('#obs'), new RegExp(`stage\\?key=${first.key}`));
  assert.equal(await page.inputValue('#obs-key'), first.key);
  assert.deepEqual(await accessFaults(page), []);
  const push = await pushLine(t, first.line);
  const wall = await openPage(browser);
  await wall.goto(`${relay.base}/`);
  await wall.waitForSelector('a[href="/watch/stage"] img.there', { timeout: 30000 });
  assert.ok((await wall.textContent('a[href="/watch/stage"]')).includes(TITLE));
  await hasNoMarkup(wall, 'the wall');
  const viewer = await openPage(browser);
  await viewer.goto(`${relay.base}/watch/stage`);
  await waitForState(viewer, 'playing', 30000);
  await playsOn(viewer, 20000);
  await hasNoMarkup(viewer, 'the player');
  assert.equal(await page.textContent('#room-title'), TITLE);
  await hasNoMarkup(page, 'the console');

  await page.click('#rotate');
  await page.click('#sure button[value=""]');
  assert.equal(await page.textContent('#fresh-key'), first.key, 'a key that nobody asked for');
  await page.click('#rotate');
  await page.click('#sure button[value="yes"]');
  await until('another key', 20000, async () => await page.textContent('#fresh-key') !== first.key);
  await until('the feed of the old key to end', 20000, () => push.status);
  const next = await page.textContent('#fresh-srt');
  const old = await pushLine(t, first.line);
  await until('the old key to be refused', 20000, () => old.status);
  assert.notEqual(old.status.code, 0, 'the old key was let in');
  const again = await pushLine(t, next);
  await until('the player to play the new feed', 30000, async () => (
    (await ask(relay, 'rooms/stage')).json?.state === 'live'));
  await playsOn(viewer, 30000);

  // A change, and nothing but it. The key is not shown again.
  await page.fill('#form-title', 'Second <i>stage</i>');
  await page.click('#room-edit button[type="submit"]');
  await until('the change', 20000, async () => (
    (await ask(relay, 'settings')).json.rooms.find((r) => r.name === 'stage').title === 'Second <i>stage</i>'));
  await page.click('.back');
  await page.click('#rooms a[href="#stage"]');
  await page.waitForSelector(`${visible('#edit')} #form-title`, LIMIT);
  assert.equal(await page.inputValue('#form-title'), 'Second <i>stage</i>');
  assert.equal(await page.inputValue('#form-window'), '30m');
  assert.equal(await page.locator('#fresh').count(), 0, 'a key is shown twice');
  assert.equal(again.status, null, 'a change ended the feed');

  const reader = await openPage(browser, { locale: 'zh-CN', size: PHONE });
  await reader.goto(`${relay.base}/console`);
  const probed = reader.waitForResponse((r) => r.request().method() === 'PATCH', LIMIT);
  await signIn(reader, READER);
  assert.equal((await probed).status(), 403);
  await row(reader, 'listed').waitFor(LIMIT);
  assert.match(await row(reader, 'listed').textContent(), /配置文件.*离线/);
  assert.ok(await reader.isHidden('#make'), 'a reader is offered a form');
  await reader.click('#rooms a[href="#stage"]');
  await reader.waitForSelector('.findings', { ...LIMIT, state: 'attached' });
  await until('the reader to see the title', 20000, async () => (
    await reader.textContent('#room-title') === 'Second <i>stage</i>'));
  assert.equal(await reader.locator('#room-edit, #rotate, #close-room').count(), 0);
  await reader.evaluate(() => { location.hash = '#listed'; });
  await reader.waitForSelector(visible('#edit'), LIMIT);
  assert.match(await reader.textContent('#edit'), /配置文件/);
  assert.ok(await overflow(reader) <= 0, 'wider than the phone');

  await page.click('#close-room');
  await page.click('#sure button[value="yes"]');
  await page.waitForSelector('.notice:has-text("is closed")', LIMIT);
  await until('the feed of the room to end', 20000, () => again.status);
  await until('the viewer to be told', 30000, async () => (
    ['ended', 'missing', 'closed'].includes((await stats(viewer)).state)));
  await page.click('.back');
  await row(page, 'stage').waitFor({ ...LIMIT, state: 'detached' });
  assert.equal((await ask(relay, 'rooms/stage')).status, 404);
  for (const p of [page, wall, viewer, reader]) assert.deepEqual(p.faults, []);
});

test('without a store the console says why', { timeout: 30000 }, async (t) => {
  const relay = await startRelay(t, { config: CONFIG, token: TOKEN });
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/console`);
  await signIn(page, TOKEN);
  await page.waitForSelector(visible('#make-not'), LIMIT);
  assert.match(await page.textContent('#make-not'), /set state\.dir to a folder/);
  assert.ok(await page.isDisabled('#make'));
  assert.deepEqual(page.faults, []);
});

// EXPECTED: an agency's people see their own name and rooms in the console and nothing of others;
// the organizer sees whose each room is, and may look at one agency's. Titles are text.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { PHONE, openBrowser, openPage, overflow } from './lib/chromium.mjs';

const ORGANIZER = 'organizers-only-1';
const NORTH = 'admin-of-the-north';
const READER = 'reader-of-the-north';
const EVIL = `South <img src=x onerror="document.title='broken'">`;
const CONFIG = `rooms: {list: [{name: north-listed}, {name: south-listed, title: "Southern secret"}]}
agencies:
  list:
    - {name: north, title: "The North", prefix: north-, token: ${NORTH}, reader_token: ${READER}}
    - {name: south, title: '${EVIL.replaceAll("'", "''")}', prefix: south-}
access: {organizer_token: ${ORGANIZER}}
`;
const SHOTS = process.env.CONSOLE_SHOTS;
const shot = (page, name) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });

const names = (page) => page.$$eval('#rooms a', (all) => all.map((a) => a.hash.slice(1)).sort());
async function console_(browser, relay, token, options) {
  const page = await openPage(browser, options);
  await page.goto(`${relay.base}/console`);
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#list:not([hidden])');
  return page;
}

test('whose rooms the console shows', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t, { config: CONFIG, token: ORGANIZER, state: scratch(t) });
  const small = await clip('small');
  for (const room of ['north-live', 'south-live', 'hall']) pushFfmpeg(t, relay, { room, clip: small, loop: 200 });
  const browser = await openBrowser(t);

  const north = await console_(browser, relay, NORTH);
  await until('its rooms', 10000, async () => (await names(north)).length === 2);
  assert.deepEqual(await names(north), ['north-listed', 'north-live']);
  await until('its name', 5000, async () => (await north.textContent('#whose')) === 'The North');
  assert.match(await north.textContent('#count'), /^2 rooms/);
  assert.ok(await north.isHidden('#agencies'));
  assert.ok(await north.isHidden('th.agency'));
  assert.ok(!/south|hall/i.test(await north.textContent('body')), 'something of others');
  await north.click('#make');
  await north.fill('#form-name', 'south-mine');
  await north.click('#new-room button[type="submit"]');
  await until('the relay’s word', 5000, async () => (
    /begins with "north-"/.test(await north.textContent('#form-name-problem'))));
  await north.fill('#form-name', 'north-mine');
  await north.click('#new-room button[type="submit"]');
  await north.waitForSelector('#fresh-key');
  await north.goto(`${relay.base}/console#south-live`);
  await until('no such room', 5000, async () => /no room/i.test(await north.textContent('#room')));
  await shot(north, 'agency');

  const reader = await console_(browser, relay, READER, { locale: 'zh-CN', size: PHONE });
  await until('its rooms', 10000, async () => (await names(reader)).length === 3);
  assert.ok(await reader.isHidden('#make'));
  assert.ok(await overflow(reader) <= 0, 'wider than the phone');
  await shot(reader, 'agency-zh');

  const all = await console_(browser, relay, ORGANIZER);
  await until('all rooms', 10000, async () => (await names(all)).length === 6);
  const agency = (room) => all.textContent(`tr:has(a[href="#${room}"]) td.agency`);
  await until('the agencies', 5000, async () => (await agency('north-live')) === 'The North');
  assert.equal(await agency('south-listed'), EVIL);
  assert.equal(await agency('hall'), '–');
  assert.ok(await all.isHidden('#whose'));
  const options = await all.$$eval('#agencies option', (list) => list.map((o) => o.textContent));
  assert.deepEqual(options, ['All agencies', 'The organizer’s', EVIL, 'The North']);
  await all.selectOption('#agencies', '=south');
  assert.deepEqual(await names(all), ['south-listed', 'south-live']);
  await all.selectOption('#agencies', '-');
  assert.deepEqual(await names(all), ['hall']);
  await all.selectOption('#agencies', '');
  assert.equal((await names(all)).length, 6);
  assert.match(await all.title(), /Rooms/);
  assert.equal(await all.$('#rooms img'), null);
  await shot(all, 'organizer');
});

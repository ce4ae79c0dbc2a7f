// EXPECTED: the console shows every room with its light, says findings in the reader's language,
// draws the last hour, and acts; the keyboard is enough, a phone is wide enough, 760 rooms are no
// strain; with tokens it asks for one, and a reader cannot act.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import qrcode from 'qrcode-generator';
import { clip } from '../flow/lib/clips.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage, overflow } from './lib/chromium.mjs';

const SHOTS = process.env.CONSOLE_SHOTS; // a folder for pictures to look at
const shot = (page, name) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png`,
  ...(page.goto ? { fullPage: true } : {}) });
const TOKEN = 'organizers-only-1';
const signIn = async (page, token = TOKEN) => {
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
};
// Counts from here on. → a function that says what it was until then
const count = async (page) => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  return async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics
    .filter((m) => /^(Nodes|LayoutCount|RecalcStyleCount)$/.test(m.name)).map((m) => [m.name, m.value]));
};
const row = (page, room) => page.locator(`tr:has(a[href="#${room}"])`);

test('rooms, lights, findings, charts, a kick', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t, { token: TOKEN, set: [`access.organizer_token=${TOKEN}`] });
  const browser = await openBrowser(t);
  const page = await openPage(browser);
  await page.goto(`${relay.base}/console`);
  await signIn(page);
  await page.waitForSelector('#nothing:not([hidden])');
  const bad = pushFfmpeg(t, relay, { room: 'slow', clip: await clip('doctor-gop-10s'), loop: 3 });
  pushFfmpeg(t, relay, { room: 'well', clip: await clip('doctor-well'), loop: 3 });

  await row(page, 'well').waitFor({ timeout: 10000 });
  await row(page, 'slow').locator('.light[data-light="red"]').waitFor({ timeout: 15000 });
  assert.equal(await row(page, 'slow').locator('.light').textContent(), 'Bad');
  assert.equal(await row(page, 'well').locator('.light').getAttribute('data-light'), 'green');
  assert.match(await page.textContent('#count'), /^2 rooms, 1 bad/);
  assert.match(await page.textContent('#changes'), /^slow: Bad/);
  assert.equal(await page.locator('#rooms tr').first().locator('a').textContent(), 'slow');
  await page.click('#lights button[data-light="green"]');
  assert.deepEqual(await page.$$eval('#rooms a', (all) => all.map((a) => a.textContent)), ['well']);
  await page.click('#lights button[data-light="all"]');
  await shot(page, 'list');

  // By keyboard alone: from the search, over the lights, to the first room.
  await page.focus('#search');
  for (let i = 0; i < 6; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-finding="keyframe_interval"]');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'room-title');
  assert.match(await page.textContent('[data-finding="keyframe_interval"]'),
    /Keyframes are .* apart/);
  const drawn = () => page.$$eval('.chart canvas', (all) => all.map((c) => ({
    points: Number(c.dataset.points), label: c.getAttribute('aria-label') })));
  await until('the charts to be drawn', 15000, async () => (
    (await drawn()).every((c) => c.points >= 1)));
  const [bitrate, fps] = await drawn();
  assert.match(bitrate.label, /^Bitrate: [\d.]+ [kM]b\/s, /);
  assert.match(fps.label, /^Frame rate: (25|30|24|29)/);
  const inked = await page.$eval('.chart canvas', (c) => {
    const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
    return data.some((v, i) => i % 4 === 2 && v > 200 && data[i - 2] < 180);
  });
  assert.ok(inked, 'a line in the first chart');
  const charts = await page.$$eval('.chart', (all) => all.map((c) => c.textContent));
  assert.ok(charts.some((words) => words.startsWith('Viewers')), charts.join(' | '));
  assert.match(await page.textContent('.figures'), /Round trip/);
  await shot(page, 'room');

  const zh = await openPage(browser, { locale: 'zh-CN', size: PHONE });
  await zh.goto(`${relay.base}/console#slow`);
  await signIn(zh);
  await zh.waitForSelector('[data-finding="keyframe_interval"]');
  assert.match(await zh.textContent('[data-finding="keyframe_interval"]'), /故障: 关键帧相隔/);
  assert.equal(await zh.getAttribute('html', 'lang'), 'zh-CN');
  assert.ok(await overflow(zh) <= 0, 'wider than the phone');
  await shot(zh, 'room-zh');

  // What the host needs, as a profile that OBS can import.
  await page.fill('#obs-key', 'this&that');
  assert.ok(await page.isDisabled('#obs-profile'), 'a key that no stream key can hold');
  await page.fill('#obs-key', 'a key');
  assert.match(await page.textContent('#obs'),
    new RegExp(`srt://127\\.0\\.0\\.1:${relay.srtPort}.*slow\\?key=a key`));
  await shot(page.locator('.qr svg'), 'qr');
  const code = qrcode(0, 'M');
  code.addData(`srt://127.0.0.1:${relay.srtPort}\nslow?key=a key`, 'Byte');
  code.make();
  const n = code.getModuleCount();
  const dark = [...Array(n * n).keys()].filter((i) => code.isDark(Math.floor(i / n), i % n));
  assert.equal(await page.getAttribute('.qr path', 'd'),
    dark.map((i) => `M${i % n} ${Math.floor(i / n)}h1v1h-1z`).join(''));
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#obs-profile')]);
  assert.equal(download.suggestedFilename(), 'Roomcast-slow.zip');
  const service = JSON.parse(execFileSync('python3', ['-c',
    'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;'
    + 'print(z.read("Roomcast-slow/service.json").decode())', await download.path()]));
  assert.equal(service.settings.key, 'slow?key=a key');
  assert.equal(service.settings.server, `srt://127.0.0.1:${relay.srtPort}`);

  await page.click('button.danger[data-role="main"]');
  await page.click('#sure button[value=""]');
  assert.equal(bad.status, null, 'nothing was ended');
  await page.click('button.danger[data-role="main"]');
  await page.click('#sure button[value="yes"]');
  await bad.exited;
  assert.equal(relay.lines(/room\/slow kicked role=main/).length, 1);
  await page.click('.actions button[data-role="backup"]');
  await page.waitForSelector('.actions button[data-role="backup"][aria-pressed="true"]');
  await page.click('.back');
  await row(page, 'slow').locator('.light[data-light="none"]').waitFor();
  assert.deepEqual([...page.faults, ...zh.faults], []);
});

test('tokens', { timeout: 30000 }, async (t) => {
  const relay = await startRelay(t, { set: ['access.organizer_token=organizers-only-1',
    'access.reader_token=readers-may-look-1'] });
  pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 5 });
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/console#hall`);
  await page.fill('#token', 'a wrong one');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /not known/);
  await page.fill('#token', 'readers-may-look-1');
  await page.keyboard.press('Enter');
  await page.waitForSelector('button.danger[data-role="main"]:not([hidden])', { timeout: 10000 });
  await page.click('button.danger[data-role="main"]');
  await page.click('#sure button[value="yes"]');
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /may only look/);
  assert.deepEqual(page.faults, []);
  assert.equal((await page.context().cookies()).length, 0);
});

test('a token that is changed, and what a stranger chooses', { timeout: 40000 }, async (t) => {
  const options = { token: TOKEN, config: `access: {organizer_token: ${TOKEN}}\n` };
  const relay = await startRelay(t, options);
  pushFfmpeg(t, relay, { streamId: 'hall?role=constructor', clip: await clip('small'), loop: 9 });
  const page = await openPage(await openBrowser(t));
  let asked = 0;
  page.on('request', (r) => { asked += r.url().includes('/api/v1/'); });
  // A link may name anything; only a room's name opens a room.
  await page.goto(`${relay.base}/console#x%0A[AdvOut]`);
  await page.waitForSelector('#sign-in:not([hidden])');
  await page.evaluate(() => { location.hash = '#hall'; });
  await page.evaluate(() => { location.hash = '#x%0A[AdvOut]'; });
  assert.ok(await page.isVisible('#sign-in'), 'the address alone opens nothing');
  await signIn(page, 'a wrong one');
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /not known/);
  await signIn(page);
  await page.waitForSelector('#list:not([hidden])');
  assert.ok(!(await page.$('#obs')));

  // A role that JavaScript knows, too.
  const room = await (await fetch(`${relay.base}/api/v1/rooms`, {
    headers: { Authorization: `Bearer ${TOKEN}` } })).json();
  assert.deepEqual(room.rooms.map((r) => r.name), ['hall']);
  await page.route('**/api/v1/rooms/hall', async (r) => {
    const reply = await r.fetch();
    if (!reply.ok()) return r.fulfill({ response: reply });
    const json = await reply.json();
    const text = { en: 'Something is wrong.', zh: '有问题。' };
    json.health.findings = [{ id: 'made_up', severity: 'red', role: 'constructor', since: '', text }];
    return r.fulfill({ json });
  });
  await page.evaluate(() => { location.hash = '#hall'; });
  await page.waitForSelector('[data-finding="made_up"]');
  assert.match(await page.textContent('[data-finding="made_up"]'), /constructor/);

  // Figures that are no longer true are not shown as if they were.
  await page.route('**/api/v1/rooms/hall', (r) => r.fulfill({ status: 503, body: 'busy' }));
  await page.waitForSelector('#trouble:not([hidden])', { timeout: 5000 });
  assert.match(await page.textContent('#trouble'), /Connection lost/);
  await page.unroute('**/api/v1/rooms/hall');
  await page.waitForSelector('#trouble', { state: 'hidden', timeout: 5000 });

  // A refusal is one wherever it comes, also while the events still do.
  await page.route('**/api/v1/rooms/hall/history', (r) => r.fulfill({ status: 401, json: { detail: 'No.' } }));
  await page.waitForSelector('#sign-in:not([hidden])', { timeout: 7000 });
  await page.unroute('**/api/v1/rooms/hall/history');
  await signIn(page);
  await page.waitForSelector('#room:not([hidden])');

  writeFileSync(options.configFile, 'access: {organizer_token: another-one-by-now}\n');
  options.token = 'another-one-by-now';
  relay.child.signal('SIGHUP');
  await page.waitForSelector('#sign-in:not([hidden])', { timeout: 6000 });
  assert.match(await page.textContent('#trouble'), /not known/);
  asked = 0;
  await sleep(5500);
  assert.equal(asked, 0, 'it goes on asking with a token that is refused');
  await signIn(page, options.token);
  await page.waitForSelector('#room:not([hidden])');
  assert.deepEqual(page.faults, []);
});

test('without tokens the console says what to set', { timeout: 20000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 5 });
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/console#hall`);
  await page.click('.actions button[data-role="backup"]');
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /set access\.organizer_token/);
  assert.ok(await page.isVisible('#room'));
  assert.deepEqual(page.faults, []);
});

for (const [where, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  test(`760 rooms on a ${where}`, { timeout: 120000 }, async (t) => {
    const relay = await startRelay(t);
    const page = await openPage(await openBrowser(t), { size });
    const lights = ['green', 'green', 'amber', 'red', null];
    const rooms = Array.from({ length: 760 }, (_, i) => ({ name: `room-${i}`, state: 'live',
      title: i === 7 ? '<img src=x onerror=alert(1)>' : `Hall ${i}`, light: lights[i % 5],
      on_air: 'main', chosen: 'auto', findings: i % 3, bitrate_bps: 6e6, since: '' }));
    await page.route('**/api/v1/events', (r) => r.fulfill({ contentType: 'text/event-stream',
      body: `event: rooms\ndata: ${JSON.stringify({ rooms })}\n\n` }));
    await page.route('**/api/v1/rooms', (r) => r.fulfill({ json: { rooms } }));
    const counted = await count(page);
    await page.goto(`${relay.base}/console`);
    await page.waitForSelector('#rooms tr', { timeout: 60000 });
    assert.equal(await page.locator('#rooms tr').count(), 50);
    assert.match(await page.textContent('#count'), /^760 rooms, 152 bad, 152 with warnings/);
    assert.equal(await page.textContent('#page'), '1 of 16');
    // What they cost is counted, not timed: this machine may have other things to do.
    const cost = await counted();
    t.diagnostic(`a page of 760 rooms: ${JSON.stringify(cost)}`);
    assert.ok(cost.Nodes < 4000, `${cost.Nodes} nodes for 50 rows`);
    assert.ok(cost.LayoutCount > 0 && cost.LayoutCount < 30 && cost.RecalcStyleCount < 60, JSON.stringify(cost));
    await page.click('#after');
    assert.equal(await page.textContent('#page'), '2 of 16');
    await page.fill('#search', 'hall 75');
    assert.equal(await page.locator('#rooms tr').count(), 11);
    await page.fill('#search', 'onerror');
    assert.equal(await page.textContent('#rooms a'), '<img src=x onerror=alert(1)>');
    await page.fill('#search', '');
    assert.ok(await overflow(page) <= 0, 'wider than the window');
    await shot(page, `many-${where}`);
    assert.deepEqual(page.faults, []);
  });
}

test('the console is served as it should be', { timeout: 20000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await get(`${relay.base}/console`);
  assert.equal(page.status, 200);
  assert.match(page.headers['content-security-policy'],
    /default-src 'self'.*frame-ancestors 'self'/);
  assert.doesNotMatch(page.body.toString(), /<script(?![^>]*\bsrc=)|\bstyle=|\son\w+=|\{\{/);
  for (const headers of [{ 'X-Forwarded-For': '192.0.2.1' }, { Host: 'evil.example' }]) {
    assert.equal((await get(`${relay.base}/console`, { headers })).status, 403);
    assert.equal((await get(`${relay.base}/api/v1/rooms`, { headers })).status, 403);
  }
});

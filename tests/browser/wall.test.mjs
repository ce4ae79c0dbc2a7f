// EXPECTED: rooms appear on the wall by themselves, can be found and opened, on a phone and on a
// desktop, in English and Chinese; 760 of them are no strain; nobody there is friendly, too.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { get, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage, overflow } from './lib/chromium.mjs';
import { JPEG, madeUpRooms, showRooms } from './lib/made-up.mjs';

const visible = (page) => page.$$eval('#rooms > li h2',
  (all) => all.map((h) => h.textContent));

test('an empty wall tells how to go on air', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t);
  const browser = await openBrowser(t);
  for (const [locale, words] of [['en-US', /stage is set/], ['zh-CN', /舞台已就绪/]]) {
    const page = await openPage(browser, { size: PHONE, locale });
    await page.goto(`${relay.base}/`);
    await page.waitForSelector('#empty:not([hidden])');
    const text = await page.textContent('#empty');
    assert.match(text, words);
    assert.ok(text.includes(`srt://127.0.0.1:${relay.srtPort}`), text);
    assert.ok(await overflow(page) <= 0, 'wider than the window');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('a room appears with its picture, is found and opens', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t, { set: ['pictures.interval_s=1', 'pictures.cpu_percent=50'] });
  const browser = await openBrowser(t);
  const page = await openPage(browser);
  await page.goto(`${relay.base}/`);
  await page.waitForSelector('#empty:not([hidden])');
  const small = await clip('small');
  for (const room of ['tea-house', 'main-stage']) {
    pushFfmpeg(t, relay, { room, clip: small, loop: 5 });
  }
  await page.waitForSelector('a[href="/watch/main-stage"]', { timeout: 20000 });
  await page.waitForSelector('a[href="/watch/tea-house"]', { timeout: 20000 });
  await until('both rooms to be live', 10000,
    async () => (await page.textContent('#count')).startsWith('2 '));
  assert.match(await page.textContent('#rooms'), /180p/);

  for (const room of ['tea-house', 'main-stage']) {
    await until(`the picture of ${room}`, 60000, () => page.$eval(`a[href="/watch/${room}"] .poster`,
      (poster) => poster.querySelector('img.there')?.naturalWidth > 0));
  }
  const address = () => page.$eval('.card img', (img) => img.src);
  const first = await address();
  await until('a newer one', 30000, async () => await address() !== first);

  await page.fill('#search', 'TEA');
  assert.deepEqual(await visible(page), ['tea-house']);
  await page.fill('#search', 'nobody has this name');
  assert.deepEqual(await visible(page), []);
  assert.match(await page.textContent('#nothing'), /nobody has this name/);
  await page.click('#clear');
  assert.equal((await visible(page)).length, 2);

  await page.click('a[href="/watch/tea-house"]');
  await page.waitForURL('**/watch/tea-house');
  assert.equal(await page.textContent('h1'), 'tea-house');
  assert.deepEqual(page.faults, []);
});

test('outside text stays text', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await openPage(await openBrowser(t));
  const title = '<img src=x onerror="document.title=1"><b>bold</b>';
  const [room] = madeUpRooms(1);
  await showRooms(page, () => [{ ...room, title, url: 'javascript:alert(1)' }]);
  await page.goto(`${relay.base}/`);
  await page.waitForSelector('.card');
  assert.deepEqual(await visible(page), [title]);
  assert.equal(await page.getAttribute('.card', 'href'), '/watch/room-000');
  assert.equal(await page.locator('.grid img, .grid b').count(), 0);
});

test('pictures are loaded for what is in sight, and while it is', { timeout: 90000 }, async (t) => {
  const relay = await startRelay(t);
  const page = await openPage(await openBrowser(t), { size: PHONE });
  let rooms = madeUpRooms(760).map((r) => ({ ...r, picture: r.state === 'live' }));
  const asked = new Set();
  let there = true;
  await showRooms(page, () => rooms);
  await page.route('**/picture.jpg?*', (route) => {
    asked.add(new URL(route.request().url()).pathname.split('/')[2]);
    return there ? route.fulfill({ body: JPEG, contentType: 'image/jpeg' }) : route.fulfill({ status: 404 });
  });
  await page.goto(`${relay.base}/`);
  const seen = (selector) => page.locator(selector).count();
  await until('the first pictures', 20000, async () => await seen('#rooms img.there') >= 3);
  const height = () => page.$eval('.card', (card) => card.getBoundingClientRect().height);
  const before = await height();
  assert.ok(asked.size < 30, `${asked.size} of 760 were asked for at the top`);
  const last = rooms.filter((r) => r.picture).map((r) => r.name).find((name) => !asked.has(name));
  await page.evaluate((name) => document.querySelector(`a[href="/watch/${name}"]`).scrollIntoView(), last);
  await until('a picture further down', 20000, () => asked.has(last));
  asked.clear();
  await until('the next round', 20000, () => asked.size > 0);
  assert.ok(asked.size < 40, `${asked.size} of 760 were asked for again`);

  there = false;
  await until('a picture that is gone to give way', 30000, async () => page.evaluate((name) => {
    const img = document.querySelector(`a[href="/watch/${name}"] img`);
    return !img.classList.contains('there');
  }, last));
  rooms = rooms.map((r) => ({ ...r, picture: false }));
  await until('no picture', 20000, async () => await seen('#rooms img') === 0);
  assert.equal(await height(), before, 'a card changed its height');
  // the browser's own line about each 404
  assert.deepEqual(page.faults.filter((f) => !/404/.test(f)), []);
});

for (const [where, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  test(`760 rooms are no strain on a ${where}`, { timeout: 180000 }, async (t) => {
    const relay = await startRelay(t);
    const page = await openPage(await openBrowser(t), { size });
    let rooms = madeUpRooms(760);
    const count = await showRooms(page, () => rooms);
    const began = Date.now();
    await page.goto(`${relay.base}/`);
    await page.waitForFunction(() => document.querySelectorAll('#rooms > li').length === 760,
      null, { timeout: 60000 });
    const ms = Date.now() - began;
    t.diagnostic(`760 cards after ${ms} ms`); // tests/browser/wall-figures.mjs measures
    assert.ok(await overflow(page) <= 0, 'wider than the window');

    const cost = await page.evaluate(() => {
      const input = document.getElementById('search');
      const start = performance.now();
      for (const text of ['tea', 'tea house 1', '主', '']) {
        input.value = text;
        input.dispatchEvent(new Event('input'));
        document.body.getBoundingClientRect();
      }
      return (performance.now() - start) / 4;
    });
    t.diagnostic(`a filter takes ${cost} ms`);

    // What does not change is asked for conditionally and not touched; what changes moves alone.
    await page.evaluate(() => {
      window.touched = 0;
      new MutationObserver((all) => { window.touched += all.length; })
        .observe(document.getElementById('rooms'), { childList: true, subtree: true });
      document.querySelector('a[href="/watch/room-010"]').focus();
    });
    await until('a 304', 60000, () => count.unchanged >= 1);
    assert.equal(await page.evaluate(() => window.touched), 0, 'an unchanged wall was touched');
    rooms = rooms.filter((r) => r.name !== 'room-011');
    await page.waitForSelector('a[href="/watch/room-011"]', { state: 'detached', timeout: 60000 });
    const { touched, focus } = await page.evaluate(() => ({ touched: window.touched,
      focus: document.activeElement.getAttribute('href') }));
    assert.ok(touched <= 6, `${touched} changes for one room that left`);
    assert.equal(focus, '/watch/room-010');
    assert.deepEqual(page.faults, []);
  });
}

test('the pages are served as they should be', { timeout: 30000 }, async (t) => {
  const relay = await startRelay(t);
  const wall = await get(`${relay.base}/`);
  assert.equal(wall.status, 200);
  assert.match(wall.headers['content-type'], /^text\/html/);
  assert.match(wall.headers['cache-control'], /no-cache/);
  assert.match(wall.headers['content-security-policy'] ?? '',
    /default-src 'self'.*frame-ancestors 'self'/);
  assert.equal(wall.headers['x-content-type-options'], 'nosniff');
  const again = await get(`${relay.base}/`, { headers: { 'If-None-Match': wall.headers.etag } });
  assert.equal(again.status, 304);
  const html = wall.body.toString();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\bstyle=|\son\w+=|\{\{/);
  const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((m) => m[1]);
  assert.ok(assets.length >= 4, html);
  for (const address of assets) {
    const r = await get(relay.base + address, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(r.status, 200, address);
    assert.match(r.headers['cache-control'], /max-age=31536000/, address);
    assert.equal(r.headers['content-encoding'], 'gzip', address);
  }
  assert.equal((await get(`${relay.base}/assets/wall-000000000000.js`)).status, 404);
  assert.equal((await get(`${relay.base}/robots.txt`)).status, 200);
  for (const bad of ['.hidden', 'a%20b', 'a/b', '%2e%2e%2fetc', 'x'.repeat(65), '']) {
    const r = await get(`${relay.base}/watch/${bad}`);
    assert.equal(r.status, 404, `/watch/${bad}`);
  }
});

// Clocks are right everywhere: without a spread all viewers would ask within the same milliseconds.
test('viewers do not all ask at the same moment', async () => {
  const own = { setTimeout: globalThis.setTimeout };
  const delays = [];
  globalThis.document = { hidden: false, addEventListener() {} };
  globalThis.IntersectionObserver = class {
    constructor(moved) { this.moved = moved; }

    observe(target) { this.moved([{ target, isIntersecting: true }]); }
  };
  try {
    const { WallPictures } = await import('../../relay/web/page/wall-pictures.js');
    globalThis.setTimeout = (_, ms) => { delays.push((Date.now() + ms) % 5000); return 1; };
    for (let i = 0; i < 500; i++) new WallPictures().watch({ item: {}, room: {} });
  } finally {
    Object.assign(globalThis, own);
    delete globalThis.document;
    delete globalThis.IntersectionObserver;
  }
  assert.equal(delays.length, 500);
  const fullest = Math.max(...Array.from({ length: 50 }, (_, i) =>
    delays.filter((ms) => Math.floor(ms / 100) === i).length));
  assert.ok(fullest < 100, `${fullest} of 500 within 100 ms`);
  assert.ok(Math.max(...delays) < 4000, 'and what is fresh is not late for most of its time');
});

// EXPECTED: /embed/ROOM plays in an iframe of any page, alone and within its frame; /watch/ROOM
// refuses to be framed by others; http.embed_from says who else may.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { clip } from '../flow/lib/clips.mjs';
import { get, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage } from './lib/chromium.mjs';

// Another site, which shows the player as the sheet to share has it.
async function hostPage(t, relay, room) {
  const frame = (where, id) => `<iframe id="${id}" src="${relay.base}/${where}/${room}"`
    + ' width="640" height="360" allow="autoplay; fullscreen; picture-in-picture"></iframe>';
  const html = `<!doctype html><title>host</title>${frame('embed', 'good')}${frame('watch', 'bad')}`;
  const server = createServer((_, r) => r.setHeader('Content-Type', 'text/html').end(html));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return `http://localhost:${server.address().port}/`;
}

test('the player plays in an iframe', { timeout: 150000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'tea-house', clip: await clip('long'), loop: 3 });
  const page = await openPage(await openBrowser(t));
  await page.goto(await hostPage(t, relay, 'tea-house'));
  const frame = await (await page.waitForSelector('#good')).contentFrame();
  let s = null;
  await until('the framed player to play', 60000, async () => {
    s = await frame.evaluate(() => window.roomcast?.stats());
    return s?.state === 'playing' && s.decoded > 25;
  }).catch((e) => { throw new Error(`${e.message}: ${JSON.stringify(s)}`); });

  const box = await frame.evaluate(() => {
    const { width, height } = document.querySelector('video').getBoundingClientRect();
    const root = document.documentElement;
    return { width, height, scrolls: root.scrollHeight > root.clientHeight, bar: !!document
      .querySelector('header') };
  });
  assert.deepEqual(box, { width: 640, height: 360, scrolls: false, bar: false });
  assert.equal(await frame.getAttribute('a.control', 'href'), '/watch/tea-house');
  assert.equal(s.muted, true);

  const bad = await (await page.waitForSelector('#bad')).contentFrame();
  assert.equal(await bad.evaluate(() => window.roomcast).catch(() => undefined), undefined,
    'another site may frame /watch/');
  const policy = async (where) => (await get(`${relay.base}/${where}/tea-house`))
    .headers['content-security-policy'];
  assert.doesNotMatch(await policy('embed'), /frame-ancestors/);
  assert.match(await policy('watch'), /frame-ancestors 'self'/);
});

test('only the sites that are named may frame it', { timeout: 120000 }, async (t) => {
  const server = createServer((_, r) => r.setHeader('Content-Type', 'text/html')
    .end(`<!doctype html><iframe src="${relay.base}/embed/hall"></iframe>`));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  const { port } = server.address();
  const relay = await startRelay(t, { set: [`http.embed_from=http://localhost:${port}`] });
  const page = await openPage(await openBrowser(t));
  const isShown = async (host) => {
    await page.goto(`http://${host}:${port}/`);
    const frame = await (await page.waitForSelector('iframe')).contentFrame();
    let shown = null;
    await until('the frame to be shown or refused', 30000, async () => {
      if (frame.url().startsWith('chrome-error:')) shown = false;
      else if (await frame.$('.scene-title').catch(() => null)) shown = true;
      return shown !== null;
    });
    return shown;
  };
  assert.equal(await isShown('localhost'), true);
  assert.equal(await isShown('127.0.0.1'), false, 'another site may frame it');
});

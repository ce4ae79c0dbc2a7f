// Pictures of every page in both sizes and languages, from the real binary and real pushes.
// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Child, ROOT, run } from '../../flow/lib/child.mjs';
import { post } from '../../flow/lib/console.mjs';
import { until } from '../../flow/lib/http.mjs';
import { srtUrl } from '../../flow/lib/push.mjs';
import { scratch, startRelay } from '../../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage, waitForState } from './chromium.mjs';
import { madeUpRooms, showRooms } from './made-up.mjs';

const DIR = path.join(ROOT, 'build', 'screenshots');
const HISTORY_POINTS = 720;
const AGENCIES = ['星河传媒', 'Northlight', 'Blue Whale Live', '海浪直播'];
const TOKEN = 'organizers-only-1';
const undo = [];
const t = { after: (f) => undo.unshift(f), diagnostic: () => {} };

// Stage light: broad colours that wander, as ffmpeg can paint them.
const beams = (colours, seed) => `gradients=size=1280x720:rate=25:c0=${colours[0]}:c1=${colours[1]}`
  + `:c2=${colours[2]}:c3=${colours[3]}:nb_colors=4:speed=0.01:seed=${seed}`;
const ROOMS = [
  { name: 'main-stage', title: '主舞台 · Main Stage', seed: 3,
    colours: ['0x2b1055', '0xd1495b', '0xf2b35d', '0x1f7a8c'] },
  { name: 'tea-house', title: 'Tea House', seed: 11,
    colours: ['0x0e3329', '0x2f8f5b', '0xe9d8a6', '0x1f5c7a'] },
  { name: 'night-market', title: '夜间集市', seed: 29,
    colours: ['0x44142c', '0xd1495b', '0xf2b35d', '0x5a3fd6'] },
  { name: 'keynote', seed: 41, title: 'A Keynote with a Title so Long that No Phone Has Room for All of '
      + 'It · 一个很长很长的标题',
  colours: ['0x0c2f42', '0x1f7a8c', '0xbfd7ea', '0x3b6fd4'] },
];

// Encoded once and pushed in a loop: the machine is there for the browser.
async function push(relay, dir, { name, title, colours, seed }) {
  const { json } = await post(relay, 'rooms', { name, ...(title ? { title } : {}) });
  const gop = name === 'night-market' ? 250 : 50; // the doctor has something to say
  const file = path.join(dir, `${name}.ts`);
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'warning'];
  const made = await run('ffmpeg', [...quiet, '-f', 'lavfi', '-i', beams(colours, seed),
    '-f', 'lavfi', '-i', 'anoisesrc=r=48000:a=0.1:c=pink', '-t', '8', '-map', '0:v', '-map', '1:a',
    '-map', '1:a', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', `${gop}`, '-keyint_min',
    `${gop}`, '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-b:v', '2500k', '-maxrate', '2500k',
    '-bufsize', '2500k', '-c:a', 'aac', '-ac', '2', '-metadata:s:a:0', 'language=zho',
    '-metadata:s:a:1', 'language=eng', file], { limitMs: 120000 });
  if (made.code !== 0) throw new Error(made.log);
  const child = new Child('ffmpeg', [...quiet, '-re', '-stream_loop', '-1', '-i', file, '-map', '0',
    '-c', 'copy', '-f', 'mpegts', srtUrl(relay, { streamId: json.stream_id })]);
  t.after(() => child.signal('SIGKILL'));
}

// An hour takes an hour: what the charts show of it is made up from what the relay just measured.
const showAnHour = (page) => page.route('**/api/v1/rooms/*/history', async (route) => {
  const history = await (await route.fetch()).json();
  const now = Date.now();
  const wave = (i, k) => Math.sin(i / (23 + k)) + Math.sin(i / (7 + k)) / 2 + Math.sin(i * 1.7 + k) / 4;
  const made = (last, k) => Array.from({ length: HISTORY_POINTS },
    (_, i) => Math.max(0, Math.round(last * (1 + wave(i, k) / 12))));
  const entries = Object.entries(history).map(([name, values], k) => {
    if (!Array.isArray(values) || name === 'at') return [name, values];
    const loss = /^(lost|retransmitted|dropped)$/.test(name);
    return [name, loss ? made(0, k).map((_, i) => (i % 97 < 3 && name !== 'dropped' ? i % 5 : 0))
      : made(values.at(-1) ?? 0, k)];
  });
  const isText = typeof history.at?.[0] === 'string';
  const at = Array.from({ length: HISTORY_POINTS }, (_, i) => {
    const ms = now - (HISTORY_POINTS - 1 - i) * 5000;
    return isText ? new Date(ms).toISOString() : history.at?.[0] > 1e11 ? ms : ms / 1000;
  });
  await route.fulfill({ json: { ...Object.fromEntries(entries), at } });
});

async function player(page, relay, shoot) {
  await page.goto(`${relay.base}/watch/main-stage`);
  await waitForState(page, 'playing', 40000);
  await until('a window', 30000, async () => Number(await page.getAttribute('.scrub', 'min')) < -9);
  await page.waitForSelector('.golive.at-edge', { timeout: 40000 });
  await page.mouse.move(200, 300);
  await shoot('watch');
  await page.keyboard.press('ArrowLeft');
  await page.waitForTimeout(1500);
  await waitForState(page, 'playing', 40000);
  await page.focus('.gear');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.menu:not([hidden])');
  await shoot('watch-settings');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  await shoot('watch-help');
  await page.keyboard.press('Escape');
  await page.click('#share');
  await page.waitForSelector('.share-code path');
  await shoot('watch-share');
  await page.goto(`${relay.base}/watch/keynote`);
  await waitForState(page, 'playing', 40000);
  await shoot('watch-long-title');
  await page.goto(`${relay.base}/embed/tea-house`);
  await waitForState(page, 'playing', 40000);
  await page.mouse.move(200, 300);
  await shoot('embed');
  await page.goto(`${relay.base}/watch/not-there-yet`);
  await waitForState(page, 'missing');
  await shoot('watch-waiting');
  await page.goto(`${relay.base}/watch/.no-name`);
  await shoot('not-found');
}

async function pictures(relay, browser, where, size, locale) {
  const page = await openPage(browser, { size, locale });
  const name = (what) => path.join(DIR, `${what}-${where}-${locale}.png`);
  const shoot = (what) => page.screenshot({ path: name(what) });
  let rooms = [];
  await showRooms(page, () => rooms);
  await page.goto(`${relay.base}/`);
  await page.waitForSelector('#empty:not([hidden])');
  await shoot('wall-empty');
  rooms = madeUpRooms(60).map((r, i) => ({ ...r, agency: AGENCIES[i % AGENCIES.length],
    viewers: (i * 7919) % 3000 }));
  await page.waitForSelector('.card');
  await shoot('wall-made-up');
  await page.click('#push-open');
  await shoot('go-on-air');
  await page.unroute('**/live/rooms.json');
  await page.goto(`${relay.base}/`);
  await page.waitForSelector('a[href="/watch/main-stage"]');
  await page.waitForTimeout(3000); // pictures of rooms come in
  await shoot('wall');
  await player(page, relay, shoot);
  await page.goto(`${relay.base}/console`);
  await page.waitForSelector('#sign-in:not([hidden])');
  await shoot('console-sign-in');
  await page.fill('#token', TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.light[data-light="green"]');
  await page.waitForSelector('#make:enabled');
  await shoot('console');
  await page.click('#make');
  await page.fill('#form-name', '../stage');
  await page.click('#room-new button[type="submit"]');
  await page.waitForSelector('[aria-invalid="true"]');
  await shoot('console-new-room');
  await page.keyboard.press('Escape');
  await showAnHour(page);
  await page.goto(`${relay.base}/console#main-stage`);
  await page.waitForSelector('.qr path');
  await page.waitForSelector('#room .light[data-light="green"]');
  await page.waitForTimeout(500);
  await page.waitForSelector('#room-edit');
  await page.screenshot({ path: name('console-room'), fullPage: true });
  await page.check('#keep-feed');
  await page.click('#rotate');
  await page.click('#sure button[value="yes"]');
  await page.waitForSelector('#fresh');
  await shoot('console-key');
  if (page.faults.length > 0) throw new Error(page.faults.join('\n'));
  await page.context().close();
}

try {
  mkdirSync(DIR, { recursive: true });
  const relay = await startRelay(t, { token: TOKEN, state: scratch(t),
    config: `log: {level: error}\naccess: {organizer_token: ${TOKEN}}\n` });
  const dir = scratch(t);
  for (const room of ROOMS) await push(relay, dir, room);
  const browser = await openBrowser(t);
  for (const [where, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const locale of ['en-US', 'zh-CN']) await pictures(relay, browser, where, size, locale);
  }
  console.log(`screenshots are in ${path.relative(process.cwd(), DIR)}`);
} finally {
  for (const f of undo) await f();
}

// Pictures of every page in both sizes and languages, from the real binary and a real push.
// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Child, ROOT } from '../../flow/lib/child.mjs';
import { srtUrl } from '../../flow/lib/push.mjs';
import { startRelay } from '../../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage, waitForState } from './chromium.mjs';
import { madeUpRooms, showRooms } from './made-up.mjs';

const DIR = path.join(ROOT, 'build', 'screenshots');
const COLOURS = 'c0=0x2b1055:c1=0xd1495b:c2=0x1f7a8c:c3=0xf2b35d:nb_colors=4:speed=0.02';

const undo = [];
const t = { after: (f) => undo.unshift(f), diagnostic: () => {} };

function pushStage(relay) {
  const push = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-re',
    '-f', 'lavfi', '-i', `gradients=size=1280x720:rate=30:${COLOURS}`,
    '-f', 'lavfi', '-i', 'anoisesrc=r=48000:a=0.1:c=pink',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-pix_fmt', 'yuv420p', '-b:v', '3M',
    '-c:a', 'aac', '-f', 'mpegts', srtUrl(relay, { room: 'main-stage' })]);
  t.after(() => push.signal('SIGKILL'));
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
  rooms = madeUpRooms(60);
  await page.waitForSelector('.card');
  await shoot('wall');
  await page.click('#push-open');
  await shoot('go-on-air');
  await page.goto(`${relay.base}/watch/main-stage`);
  await waitForState(page, 'playing', 30000);
  await page.waitForFunction(() => document.querySelector('.latency').textContent !== '');
  await page.mouse.move(200, 200);
  await shoot('watch');
  await page.goto(`${relay.base}/embed/main-stage`);
  await waitForState(page, 'playing', 30000);
  await shoot('embed');
  await page.goto(`${relay.base}/watch/not-there-yet`);
  await waitForState(page, 'missing');
  await shoot('watch-waiting');
  await page.goto(`${relay.base}/watch/.no-name`);
  await shoot('not-found');
  await page.goto(`${relay.base}/console`);
  await page.waitForSelector('.light[data-light="green"]');
  await shoot('console');
  await page.goto(`${relay.base}/console#main-stage`);
  await page.waitForSelector('.qr path');
  await page.waitForSelector('#room .light[data-light="green"]');
  await page.screenshot({ path: name('console-room'), fullPage: true });
  if (page.faults.length > 0) throw new Error(page.faults.join('\n'));
  await page.context().close();
}

try {
  mkdirSync(DIR, { recursive: true });
  const relay = await startRelay(t, { set: ['log.level=error'] });
  pushStage(relay);
  const browser = await openBrowser(t);
  for (const [where, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const locale of ['en-US', 'zh-CN']) await pictures(relay, browser, where, size, locale);
  }
  console.log(`screenshots are in ${path.relative(process.cwd(), DIR)}`);
} finally {
  for (const f of undo) await f();
}

// Measures the wall with many rooms in Chromium: made-up rooms with pictures, answered in the browser.
// SPDX-License-Identifier: MIT
//
// usage: node tests/browser/wall-figures.mjs [ROOMS] [TIMES] [bare]
// bare: without pictures, to compare.
// One line for each window size; times are medians, and the worst. first_paint: the first contentful
// one. useful: all cards are there and those in sight are painted. picture: the first one is shown.
// frame: the time between two frames while the page is scrolled from top to bottom (16.7 is all that
// there is without a GPU at 60 Hz).
import { readFileSync } from 'node:fs';
import { run } from '../flow/lib/child.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage } from './lib/chromium.mjs';
import { madeUpRooms, showRooms } from './lib/made-up.mjs';

const ROOMS = Number(process.argv[2] ?? 760);
const TIMES = Number(process.argv[3] ?? 5);
const BARE = process.argv[4] === 'bare';

// What a test would be, without one.
class Stage {
  #ends = [];

  after(end) { this.#ends.unshift(end); }

  diagnostic() {}

  async end() { for (const end of this.#ends) await end(); }
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const said = (list) => `${Math.round(median(list))} (worst ${Math.round(Math.max(...list))})`;

async function visit(browser, relay, size, jpeg) {
  const page = await openPage(browser, { size });
  const rooms = madeUpRooms(ROOMS).map((r) => ({ ...r, picture: !BARE && r.state === 'live' }));
  await showRooms(page, () => rooms);
  await page.route('**/picture.jpg?*', (route) => route.fulfill({ body: jpeg, contentType: 'image/jpeg' }));
  await page.addInitScript(([count, bare]) => {
    if (bare) window.picture = NaN;
    const frame = () => {
      const there = document.querySelectorAll('#rooms > li').length === count;
      if (there) requestAnimationFrame(() => { window.useful ??= performance.now(); });
      if (document.querySelector('#rooms img.there')) window.picture ??= performance.now();
      if (!window.useful || window.picture === undefined) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, [ROOMS, BARE]);
  await page.goto(`${relay.base}/`);
  await page.waitForFunction(() => window.useful && window.picture !== undefined);
  const seen = await page.evaluate(async () => {
    const frames = [];
    const height = document.documentElement.scrollHeight;
    let last = 0;
    await new Promise((resolve) => {
      const step = (now) => {
        if (last) frames.push(now - last);
        last = now;
        window.scrollBy(0, 120);
        if (window.scrollY + innerHeight >= Math.min(height, 24000) - 1 || frames.length > 600) resolve();
        else requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN;
    return { paint, useful: window.useful, picture: window.picture, frames };
  });
  await page.context().close();
  return seen;
}

const stage = new Stage();
const relay = await startRelay(stage);
const file = `${scratch(stage)}/p.jpg`;
await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:d=1', '-frames:v', '1', '-q:v', '5', file]);
const jpeg = readFileSync(file);
const browser = await openBrowser(stage);
for (const [where, size] of [['desktop 1440x900', DESKTOP], ['phone 390x844', PHONE]]) {
  const all = [];
  for (let i = 0; i < TIMES; i++) all.push(await visit(browser, relay, size, jpeg));
  const frames = all.flatMap((v) => v.frames);
  console.log(`${where}: rooms=${ROOMS} first_paint_ms=${said(all.map((v) => v.paint))} `
    + `useful_ms=${said(all.map((v) => v.useful))} picture_ms=${said(all.map((v) => v.picture))} `
    + `frame_ms=${median(frames).toFixed(1)} p99=${sorted(frames)[Math.floor(frames.length * 0.99)].toFixed(1)} `
    + `over_50_ms=${frames.filter((f) => f > 50).length}/${frames.length}`);
}
await stage.end();

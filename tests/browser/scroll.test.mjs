// EXPECTED: scrolling past 760 rooms with pictures costs each step what comes into sight and nothing
// else: few elements are laid out and styled again, nothing is animated, few are observed, no task of
// the page is long by its own processor time, and what is painted behind the cards is one plain colour.
// SPDX-License-Identifier: MIT
//
// Counts and processor time, no clock: a busy machine changes neither. With the wall as it was (a
// gradient behind the whole page, pictures that fade in, filters) the same way took five times the
// raster time, twice the main thread's, and seven times the draws; tests/browser/wall-figures.mjs shows.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startRelay } from '../flow/lib/relay.mjs';
import { DESKTOP, PHONE, openBrowser, openPage } from './lib/chromium.mjs';
import { JPEG, madeUpRooms, showRooms } from './lib/made-up.mjs';

const STEPS = 40;
const STEP_PX = 300; // a row of cards is as high
const LIMITS = { layoutsAStep: 6, dirty: 400, total: 4500, stylesAStep: 260, observed: 140,
  task_ms: 50 };

// Runs in the page before its own scripts.
function countObserved() {
  const seen = new Set();
  const { observe, unobserve } = IntersectionObserver.prototype;
  IntersectionObserver.prototype.observe = function (e) { seen.add(e); return observe.call(this, e); };
  IntersectionObserver.prototype.unobserve = function (e) { seen.delete(e); return unobserve.call(this, e); };
  window.observed = () => seen.size;
}

async function traceOf(page, work) {
  const cdp = await page.context().newCDPSession(page);
  const events = [];
  cdp.on('Tracing.dataCollected', (e) => events.push(...e.value));
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: {
    includedCategories: ['devtools.timeline', 'toplevel'] } });
  await work();
  const done = new Promise((resolve) => { cdp.once('Tracing.tracingComplete', resolve); });
  await cdp.send('Tracing.end');
  await done;
  return events;
}

// The renderer's main thread is the one that lays out.
function costs(events) {
  const layouts = events.filter((e) => e.name === 'Layout' && e.args?.beginData);
  const main = layouts[0];
  const tasks = events.filter((e) => /RunTask$/.test(e.name) && e.tid === main.tid && e.pid === main.pid);
  const styles = events.filter((e) => e.name === 'UpdateLayoutTree');
  const most = (list) => Math.max(0, ...list);
  return {
    layoutsAStep: layouts.length / STEPS,
    dirty: most(layouts.map((e) => e.args.beginData.dirtyObjects)),
    total: most(layouts.map((e) => e.args.beginData.totalObjects)),
    stylesAStep: styles.reduce((sum, e) => sum + (e.args.elementCount ?? 0), 0) / STEPS,
    task_ms: most(tasks.map((e) => e.tdur ?? 0)) / 1000,
  };
}

for (const [where, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  test(`what scrolling costs on a ${where}`, { timeout: 120000 }, async (t) => {
    const relay = await startRelay(t);
    const page = await openPage(await openBrowser(t), { size });
    const rooms = madeUpRooms(760).map((r) => ({ ...r, picture: r.state === 'live' }));
    await page.addInitScript(countObserved);
    await showRooms(page, () => rooms);
    await page.route('**/picture.jpg?*', (route) => route.fulfill({ body: JPEG,
      contentType: 'image/jpeg', headers: { 'Cache-Control': 'max-age=60' } }));
    await page.goto(`${relay.base}/`);
    await page.waitForSelector('#rooms img.there', { timeout: 60000 });
    const most = { observed: 0, animations: 0 };
    const events = await traceOf(page, async () => {
      for (let i = 1; i <= STEPS; i++) {
        const now = await page.evaluate(async (top) => {
          window.scrollTo(0, top);
          for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
          return { observed: window.observed(), animations: document.getAnimations().length };
        }, i * STEP_PX);
        for (const name of Object.keys(most)) most[name] = Math.max(most[name], now[name]);
      }
    });
    assert.equal(await page.evaluate(() => window.scrollY), STEPS * STEP_PX);
    const cost = { ...costs(events), ...most };
    t.diagnostic(JSON.stringify(cost));
    assert.ok(cost.layoutsAStep > 0.3, 'cards came into sight');
    assert.ok(await page.locator('#rooms img.there').count() > 20, 'pictures came');
    assert.ok(cost.observed > 0);
    for (const [name, limit] of Object.entries(LIMITS)) {
      assert.ok(cost[name] <= limit, `${name}: ${cost[name]}, at most ${limit}`);
    }
    assert.equal(cost.animations, 0, 'something is animated');
    const painted = await page.evaluate(() => [document.documentElement, document.body]
      .map((e) => getComputedStyle(e).backgroundImage));
    assert.deepEqual(painted, ['none', 'none'], 'a picture behind the whole page');
    assert.deepEqual(page.faults, []);
  });
}

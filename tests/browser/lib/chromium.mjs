// Debian's Chromium, driven by playwright: one browser per test file, one context per page.
// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { until } from '../../flow/lib/http.mjs';

const BINARY = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-gpu',
  '--mute-audio'];

export const DESKTOP = { viewport: { width: 1440, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

// What the browser itself says of an answer that is no 2xx; rooms that are not there give such.
const MISSING = /^Failed to load resource/;

export async function openBrowser(t) {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} does not exist: run scripts/setup test`);
  const browser = await chromium.launch({ executablePath: BINARY, args: ARGS });
  t.after(() => browser.close());
  return browser;
}

// A page with .faults: what went wrong in it, as text.
export async function openPage(browser, { size = DESKTOP, locale = 'en-US' } = {}) {
  const context = await browser.newContext({ ...size, locale });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (e) => page.faults.push(e.stack ?? e.message));
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()) && !MISSING.test(m.text())) {
      page.faults.push(m.text());
    }
  });
  return page;
}

// asked: when, by this machine's clock
export const stats = (page) => page.evaluate(() => window.roomcast
  && { ...window.roomcast.stats(), asked: Date.now() });

// Polls window.roomcast.stats() until test(stats) holds and returns them; throws after limitMs. The
// page is only asked, nothing is evaluated in it again and again: its policy forbids eval.
export async function waitForStats(page, what, limitMs, test) {
  let now = null;
  try {
    await until(what, limitMs, async () => {
      now = await stats(page);
      return now && test(now);
    }, 100);
  } catch (e) {
    throw new Error(`${e.message}; stats: ${JSON.stringify(now)}`);
  }
  return now;
}

export const waitForState = (page, state, limitMs = 15000) => waitForStats(page, state, limitMs,
  (s) => s.state === state);

// How long until it plays on from here, in ms.
export async function playsOn(page, limitMs = 10000) {
  const began = Date.now();
  const was = await stats(page);
  await waitForStats(page, 'frames to advance', limitMs,
    (s) => s.state === 'playing' && s.decoded > was.decoded + 20);
  return Date.now() - began;
}

// How far the page is wider than the window, in pixels.
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth
  - document.documentElement.clientWidth);

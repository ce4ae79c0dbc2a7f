// Other people's players, as npm has them, on a page of another site than the relay's.
// SPDX-License-Identifier: MIT
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../flow/lib/child.mjs';
import { until } from '../../flow/lib/http.mjs';
import { openPage } from './chromium.mjs';

const SCRIPTS = {
  hls: 'node_modules/hls.js/dist/hls.min.js',
  shaka: 'node_modules/shaka-player/dist/shaka-player.compiled.js',
  videojs: 'node_modules/video.js/dist/video.min.js',
};
export const PLAYERS = Object.keys(SCRIPTS);

const html = (kind) => `<!doctype html><title>${kind}</title><link rel="icon" href="data:,">`
  + '<video muted autoplay playsinline width="640" height="360"></video>'
  + `<script src="/${SCRIPTS[kind]}"></script><script src="/tests/browser/lib/player-page.js">`
  + '</script>';

// → the site's address
export async function openSite(t) {
  const files = new Set([...Object.values(SCRIPTS), 'tests/browser/lib/player-page.js']);
  const server = createServer(async (q, r) => {
    const { pathname, searchParams } = new URL(q.url, 'http://site');
    const file = pathname.slice(1);
    if (files.has(file)) {
      r.setHeader('Content-Type', 'text/javascript').end(await readFile(path.join(ROOT, file)));
    } else r.setHeader('Content-Type', 'text/html').end(html(searchParams.get('player')));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); server.closeAllConnections(); });
  return `http://localhost:${server.address().port}`;
}

const kindOf = (path_, range) => {
  if (path_.endsWith('.m3u8')) return 'playlist';
  if (/\/init-[^/]*\.mp4$/.test(path_)) return 'init';
  if (range || /\/p\d+\.m4s$/.test(path_)) return 'part';
  return 'segment';
};

// What a page asked of the relay: .all as {kind, path, query, range, status, at}.
export class Requests {
  constructor(page, base) {
    this.all = [];
    page.on('response', (response) => {
      const request = response.request();
      const url = new URL(request.url());
      if (url.origin !== base || !url.pathname.startsWith('/live/')) return;
      const { range } = request.headers();
      this.all.push({ kind: kindOf(url.pathname, range), path: url.pathname, query: url.search, range,
        status: response.status(), at: Date.now() });
    });
  }

  of(kind, test = () => true) { return this.all.filter((r) => r.kind === kind && test(r)); }

  blocking() { return this.of('playlist', (r) => r.query.includes('_HLS_msn=')); }

  refused() { return this.all.filter((r) => r.status >= 400); }

  counts() {
    const count = (kind) => this.of(kind).length;
    return { all: this.all.length, playlist: count('playlist'), blocking: this.blocking().length,
      part: count('part'), segment: count('segment'), refused: this.refused().length };
  }
}

// One player on a page of its own. → {page, requests, stats(), tracks(), choose(language)}
export async function openPlayer(browser, site, relay, options) {
  const { kind, room, settings = {} } = options;
  const page = await openPage(browser, { size: { viewport: { width: 680, height: 400 } } });
  const requests = new Requests(page, relay.base);
  const query = new URLSearchParams({ player: kind, settings: JSON.stringify(settings),
    url: `${relay.base}/live/${room}/index.m3u8` });
  await page.goto(`${site}/?${query}`);
  const call = (name, ...args) => page.evaluate(([n, a]) => window.player[n](...a), [name, args]);
  return { kind, page, requests, stats: () => call('stats'), tracks: () => call('tracks'),
    choose: (language) => call('choose', language), close: () => page.context().close() };
}

// Polls the player's stats until test(stats) holds; throws after limitMs with what they were.
export async function waitForPlayer(player, what, limitMs, test) {
  let now = null;
  await until(what, limitMs, async () => {
    now = await player.stats();
    return test(now);
  }, 100).catch((e) => {
    throw new Error(`${player.kind}: ${e.message}: ${JSON.stringify(now)} ${
      JSON.stringify(player.requests.counts())}`);
  });
  return now;
}

// Samples stats for ms; → {first, last, samples, latency: {max, mean}, clock: {max, mean}}
export async function observe(stats, ms, everyMs = 250) {
  const samples = [];
  const end = Date.now() + ms;
  while (Date.now() < end) {
    samples.push(await stats());
    await new Promise((resolve) => { setTimeout(resolve, everyMs); });
  }
  const sum = (name) => {
    const values = samples.map((s) => s[name]).filter((v) => Number.isFinite(v));
    const mean = values.reduce((a, b) => a + b, 0) / (values.length || 1);
    return { max: Math.max(...values), mean, n: values.length };
  };
  return { first: samples[0], last: samples.at(-1), samples, latency: sum('latency'),
    clock: sum('behindClock') };
}

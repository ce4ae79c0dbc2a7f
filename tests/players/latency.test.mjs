// EXPECTED: hls.js in low latency stays within 3 × PART-TARGET + 0.3 s of the live edge for a minute
// without a stall, in the relay's own page. By parts of both kinds hls.js and Shaka Player play, and
// what each kind costs is said.
// runs alone
// SPDX-License-Identifier: MIT
//
// The latency is hls.js's own: from the picture to the end of what is listed. The clock beside it is
// the picture's age since it reached the relay, by EXT-X-PROGRAM-DATE-TIME.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { get, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser, openPage, stats, waitForStats } from '../browser/lib/chromium.mjs';
import { observe, openPlayer, openSite, waitForPlayer } from '../browser/lib/players.mjs';

const SECONDS = Number(process.env.LATENCY_SECONDS ?? 60);
const COMPARE_S = Math.min(SECONDS, 20);
const PART_TARGET_S = 0.5;
const LIMIT_S = 3 * PART_TARGET_S + 0.3;
const SETTLED_S = 3 * PART_TARGET_S + 0.05; // caught up: what comes now is to be held
const SETTLE_MS = 20000; // to catch up from where it began, 6 % faster than time

async function room(t, set = []) {
  const relay = await startRelay(t, { set });
  pushFfmpeg(t, relay, { room: 'edge', clip: await clip('languages'), loop: 9 });
  await until('the room', 30000, async () => {
    const reply = await get(`${relay.base}/live/edge/status.json`);
    return reply.status === 200 && JSON.parse(reply.body).segments >= 3;
  });
  return relay;
}

const figures = (seen) => `latency ${seen.latency.mean.toFixed(2)} s, at most `
  + `${seen.latency.max.toFixed(2)}; clock ${seen.clock.mean.toFixed(2)} s; `
  + `${seen.last.stalls - seen.first.stalls} stalls`;

test('the page stays at the live edge', { timeout: 200000 }, async (t) => {
  const relay = await room(t);
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/watch/edge`);
  await waitForStats(page, 'a start near the live edge', 30000 + SETTLE_MS,
    (s) => s.decoded > 50 && s.latency > 0 && s.latency <= SETTLED_S);
  const seen = await observe(async () => {
    const s = await stats(page);
    return { ...s, behindClock: (s.asked - s.arrived) / 1000 };
  }, SECONDS * 1000);
  t.diagnostic(`${SECONDS} s: ${figures(seen)}`);
  assert.equal(seen.last.stalls, seen.first.stalls, 'stalls');
  assert.ok(seen.latency.max <= LIMIT_S, `latency ${seen.latency.max} s`);
  assert.equal(seen.last.errors, 0, seen.last.lastError);
});

for (const uris of ['number', 'range']) {
  test(`parts by ${uris}`, { timeout: 200000 }, async (t) => {
    const relay = await room(t, [`hls.part_uris=${uris}`]);
    const browser = await openBrowser(t);
    const site = await openSite(t);
    for (const kind of ['hls', 'shaka']) {
      const settings = kind === 'hls' ? { maxLiveSyncPlaybackRate: 1.06 } : {};
      const player = await openPlayer(browser, site, relay, { kind, room: 'edge', settings });
      await waitForPlayer(player, 'a steady start', 30000 + SETTLE_MS, (s) => s.decoded > 50
        && s.latency > 0);
      const before = player.requests.counts();
      const seen = await observe(player.stats, COMPARE_S * 1000);
      const counts = player.requests.counts();
      for (const key of Object.keys(counts)) counts[key] -= before[key];
      t.diagnostic(`${uris} ${kind}, ${COMPARE_S} s: ${figures(seen)}; ${JSON.stringify(counts)}`);
      assert.deepEqual(player.requests.refused(), [], kind);
      // Shaka 5.2 takes whole segments where parts are byte ranges: why `number` is the default.
      if (uris === 'number' || kind === 'hls') {
        assert.ok(counts.part > COMPARE_S, `${kind}: ${counts.part} parts`);
      }
      await player.close();
    }
  });
}

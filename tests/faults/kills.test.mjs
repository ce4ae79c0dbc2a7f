// A hundred kills of a worker and twenty of the whole relay, at random moments under load.
// SPDX-License-Identifier: MIT
//
// EXPECTED: what playlists count never goes back or changes; every room is on air again after each
// kill, and Chromium plays on by itself, within ten seconds of the publisher's return. runs alone: node --test tests/faults/kills.test.mjs
// KILLS_WORKER, KILLS_WHOLE: other numbers of kills.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openPage, playsOn, waitForState } from '../browser/lib/chromium.mjs';
import { sleep, until } from '../flow/lib/http.mjs';
import { ownClock, underLoad } from '../flow/lib/kills.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { startSwarm } from '../flow/lib/swarm.mjs';

const WORKER = Number(process.env.KILLS_WORKER ?? 100);
const WHOLE = Number(process.env.KILLS_WHOLE ?? 20);
const ROOMS = ['one', 'two', 'three', 'four'];
const BACK_MS = 10000;
const percentile = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(list.length * q)];

async function viewer(t, relay) {
  const page = await openPage(await openBrowser(t));
  await page.goto(`${relay.base}/watch/one`);
  await waitForState(page, 'playing', 20000);
  return page;
}

const inWords = (what, took) => `${what} after ${percentile(took, 0.5)} ms, at most `
  + `${Math.max(...took)} ms (${took.length})`;

async function killed(load, kill) {
  const began = Date.now();
  await kill();
  await Promise.all(load.publishers.map((p) => p.again()));
  await load.watch.grown(BACK_MS + 5000); // publishers take as long to come back as they do
  return Date.now() - began;
}

test(`${WORKER} kills of a worker`, { timeout: WORKER * 30000 + 60000 }, async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'], errors: [/worker_died/] });
  const load = await underLoad(t, relay, ROOMS);
  startSwarm(t, relay, { room: 'one', viewers: 100, seconds: WORKER * 12 });
  const page = await viewer(t, relay);
  const [took, seen] = [[], []];
  for (let i = 0; i < WORKER; i++) {
    await sleep(Math.random() * 2000);
    const workers = relay.workers();
    const { pid } = workers[i % workers.length];
    took.push(await killed(load, async () => {
      process.kill(pid, 'SIGKILL');
      await until('a new worker', 5000, () => relay.workers().length === 2
        && relay.workers().every((w) => w.pid !== pid));
    }));
    seen.push(await playsOn(page, BACK_MS));
  }
  t.diagnostic(`${inWords('back', took)}; ${inWords('in Chromium', seen)}`);
  relay.options.restarts = WORKER;
  await load.stop();
});

test(`${WHOLE} kills of the whole relay`, { timeout: WHOLE * 40000 + 60000 }, async (t) => {
  const clock = await ownClock(t);
  const relay = await startRelay(t, { env: clock.env, state: scratch(t) });
  const load = await underLoad(t, relay, ROOMS);
  startSwarm(t, relay, { room: 'one', viewers: 100, seconds: WHOLE * 15 });
  const page = await viewer(t, relay);
  const [took, seen] = [[], []];
  for (let i = 0; i < WHOLE; i++) {
    const before = [3600000, -3600000, -5000, 0][i % 4];
    if (i % 5 === 4) await clock.drift(10, 5);
    clock.step(before);
    await sleep(Math.random() * 4000);
    took.push(await killed(load, async () => {
      await relay.killWhole();
      clock.step(i % 3 === 2 ? -2000 : 0);
      await relay.startAgain();
    }));
    seen.push(await playsOn(page, BACK_MS));
  }
  t.diagnostic(`${inWords('back', took)}; ${inWords('in Chromium', seen)}`);
  await load.stop();
});

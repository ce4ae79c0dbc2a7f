// What the host does to the relay: memory, descriptors and writes that fail, a clock that steps.
// SPDX-License-Identifier: MIT
//
// EXPECTED: no process ends. A request, a view or at most a feed is lost; what comes next works, and
// the room beside it misses nothing. Short writes lose no byte; a step of the wall clock is no break.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { CALL, ERROR, Failing } from '../faults/lib/failing.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { ended, pushLoop, pushWith } from '../faults/lib/publishers.mjs';
import { LONG, Random } from '../faults/lib/random.mjs';

const ERRORS = [/not_shown/, /not_told/, /no_memory/, /parts_do_not_add_up/, /part_refused/,
  /segment_refused/, /not_listed/, /unanswered/];
const QUIET = [...ERRORS, /segment_cut_short/, /accept_paused/, /accept_failed/];
// The front is everybody's: what fails in it may fail for any room.
const LOST = [/answered 5\d\d$/, /^a gap in /];
const pidOf = (relay, name) => relay.processes().find((p) => p.name.startsWith(name)).pid;
const alive = async (relay) => (await get(`${relay.base}/healthz`, { timeoutMs: 3000 })
  .catch(() => null))?.status === 200;

// The worker that a room's publisher was given to.
const workerOf = (relay, room) => Number(relay.lines(new RegExp(`room/${room} live .*worker=`))
  .at(-1).match(/worker=(\d+)/)[1]);

// A looped clip in a new room whose publisher the kernel gave to that worker.
let victims = 0;

async function pushTo(t, relay, worker, source) {
  for (let i = 0; i < 20; i++) {
    const push = pushLoop(t, relay, source, { room: `victim${victims++}-` });
    await until('it to play', 10000, async () =>
      (await get(`${relay.base}/live/${push.room}/video.m3u8`)).status === 200);
    if (workerOf(relay, push.room) === worker) return push;
    await ended(push);
  }
  throw new Error('twenty publishers, all on one worker');
}

// Fails the nth call for growing n, with requests meanwhile that make calls.
async function sweep(relay, failing, order, room, steps) {
  const random = new Random();
  for (let n = 1; n <= steps; n++) {
    const first = LONG ? n : 1 + random.below(60);
    failing.order({ ...order, first });
    const deadline = Date.now() + 1200;
    while (failing.counts().failed < (order.count ?? 1) && Date.now() < deadline) {
      await get(`${relay.base}/live/${room}/index.m3u8`, { timeoutMs: 2000 }).catch(() => {});
      await sleep(10);
    }
    failing.stop();
    assert.ok(await alive(relay) || await alive(relay), `call ${first}: the relay still answers`);
  }
}

test('memory and descriptors that are not there', async (t) => {
  const failing = new Failing(t);
  const relay = await startRelay(t, { env: failing.env, errors: ERRORS, set: ['srt.workers=2'] });
  const inv = await Invariants.start(t, relay, { quiet: QUIET, suffers: LOST, jitterMs: 3000,
    settleMs: 15000 });
  const source = await clip('small');
  const worker = 1 - workerOf(relay, 'control000');
  let push = await pushTo(t, relay, worker, source);
  const [front, pid] = [pidOf(relay, 'roomcast-front'), pidOf(relay, `roomcast-w${worker}`)];
  const steps = LONG ? 300 : 5;
  await sweep(relay, failing, { call: CALL.malloc, pid }, push.room, steps);
  await sweep(relay, failing, { call: CALL.malloc, pid: front }, push.room, steps);
  await ended(push); // its feed may have been lost already
  const long = await clip('long'); // it is still there when the next fault comes
  push = await pushTo(t, relay, worker, long);
  await sweep(relay, failing, { call: CALL.accept, pid: front, error: ERROR.EMFILE, count: 30 },
    push.room, LONG ? 20 : 1);
  assert.ok(await alive(relay), 'connections are accepted again');

  // Without descriptors or space for segments a feed ends, and says why; the next one is well.
  for (const [order, next] of [[{ call: CALL.memfd, error: ERROR.EMFILE }, long],
    [{ call: CALL.write, error: ERROR.ENOSPC }, source]]) {
    failing.order({ ...order, pid, count: 1000 });
    const said = () => relay.lines(/no memory or descriptors/).some((l) => l.includes(push.room));
    await until('the feed to be ended', 8000, said);
    failing.stop();
    await ended(push);
    push = await pushTo(t, relay, worker, next);
  }
  await ended(push);
  await inv.end();
});

test('short writes, and a wall clock that steps', async (t) => {
  const failing = new Failing(t);
  const relay = await startRelay(t, { env: failing.env, set: ['srt.workers=1'] });
  const inv = await Invariants.start(t, relay);
  const source = await clip('small');
  failing.order({ call: CALL.shortWrite, pid: pidOf(relay, 'roomcast-w0'), count: 1e9 });
  const follower = watch(t, relay, 'steps');
  const push = pushWith(t, relay, source, { room: 'steps' });
  await untilPlaying(follower, 1);
  for (const us of [3600e6, -3600e6, 10e6, 0]) {
    failing.stepClock(us);
    await sleep(LONG ? 1000 : 500);
  }
  for (let ms = 0; ms < 50; ms += 10) { failing.stepClock(ms * 1000); await sleep(100); }
  await endedWell(push, source);
  const short = failing.counts().failed;
  // 110: Last-Modified is of the clock before the step, Date of the one after it.
  await assertClean(follower, [source.sent], { except: [110] });
  for (const r of follower.renditions.values()) {
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, 0, `no break in ${r.name}`);
  }
  assert.ok(short > 20, `${short} writes were short`);
  await inv.end();
});

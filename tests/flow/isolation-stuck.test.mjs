// Loops that stand still: a worker's, the front's, an HTTP thread's; and those that only seem to.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a child that does not come round for 3 s is killed and replaced, and the log says what
// it was doing; the other worker's room loses nothing meanwhile; nobody is killed when the
// supervisor, or the whole relay (a suspended machine), stood still.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { startSabotaged } from './lib/saboteur.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const serves = (relay) => get(`${relay.base}/readyz`, { timeoutMs: 500 })
  .then((r) => r.status === 200, () => false);
const pids = (relay) => relay.processes().map((p) => p.pid).sort();
const worker = (relay, n) => relay.workers().find((w) => w.name.startsWith(`roomcast-w${n}`));

// Where a room landed, as the API says.
async function workerOf(relay, room) {
  const r = await get(`${relay.base}/api/v1/rooms/${room}`);
  return JSON.parse(r.body).feed.worker;
}

test('stuck', { concurrency: true }, async (t) => {
  await Promise.all([
    t.test('a worker that was stopped', async (s) => {
      const relay = await startRelay(s, { set: ['srt.workers=2'], restarts: 1,
        errors: [/ stuck worker=/] });
      const source = await clip('small');
      const follower = watch(s, relay, 'beside');
      const push = pushFfmpeg(s, relay, { room: 'beside', clip: source });
      await untilPlaying(follower, 1);
      const victim = 1 - await workerOf(relay, 'beside');
      const { pid } = worker(relay, victim);
      process.kill(pid, 'SIGSTOP');
      const began = Date.now();
      const line = await until('the line', 6000,
        () => relay.lines(new RegExp(`stuck worker=${victim} pid=${pid} .*doing=".+"`))[0]);
      assert.ok(Date.now() - began > 2400, `not before its time: ${Date.now() - began} ms`);
      assert.match(line, /killing=yes/);
      await until('a new worker', 1500, () => worker(relay, victim)?.pid !== pid
        && serves(relay));
      await endedWell(push, source);
      await assertClean(follower, [source.sent]);
    }),
    t.test('a worker in a loop', async (s) => {
      const { relay, order } = await startSabotaged(s, { restarts: 1,
        set: ['srt.workers=1', 'isolation.stuck_ms=1500'], errors: [/ stuck worker=/] });
      const [before] = relay.workers();
      order('l');
      await until('the line', 6000,
        () => relay.lines(/stuck worker=0 .*doing="accepting"/).length === 1);
      await until('a new worker', 3000, async () => relay.workers()[0]?.pid !== before.pid
        && await serves(relay));
    }),
    t.test('the front that was stopped', async (s) => {
      const relay = await startRelay(s, { errors: [/ stuck front /, /front_died/] });
      const front = relay.processes().find((p) => p.name.startsWith('roomcast-front'));
      await sleep(1000); // before its first round it would be thought to be starting yet
      process.kill(front.pid, 'SIGSTOP');
      await until('the line', 10000, () => relay.lines(/stuck front pid=/).length > 0);
      await until('/readyz', 15000, () => serves(relay));
      assert.equal(relay.lines(/stuck front pid=/).length, 1);
    }),
    t.test('an HTTP thread in a loop', async (s) => {
      const { relay, order } = await startSabotaged(s, { errors: [/http_thread_stuck/,
        /front_died/], set: ['http.threads=2', 'isolation.stuck_ms=1500'] });
      await sleep(300);
      order('L');
      await get(`${relay.base}/healthz`, { timeoutMs: 1000 }).catch(() => null);
      await until('the line', 6000, () => relay.lines(
        /http_thread_stuck thread=[01] for_ms=\d+ doing="serving viewers"/).length === 1);
      await until('/readyz', 5000, () => serves(relay));
    }),
    t.test('the supervisor, then everybody, stood still', async (s) => {
      const relay = await startRelay(s, { set: ['isolation.stuck_ms=1000'] });
      const before = pids(relay);
      process.kill(relay.pid, 'SIGSTOP');
      await sleep(2500);
      process.kill(relay.pid, 'SIGCONT');
      await sleep(1500);
      const all = [relay.pid, ...before];
      for (const pid of all) process.kill(pid, 'SIGSTOP');
      await sleep(2500);
      for (const pid of all) process.kill(pid, 'SIGCONT');
      await sleep(2500);
      assert.deepEqual(pids(relay), before);
      assert.ok(await serves(relay));
    }),
  ]);
});

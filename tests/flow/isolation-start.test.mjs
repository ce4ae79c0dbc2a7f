// Children that do not start, and one that starts again for the rest of the festival.
// SPDX-License-Identifier: MIT
//
// EXPECTED: workers that never came up are tried five times, further and further apart, and then
// the relay ends with exit code 1 and says why in one sentence; had they been up before, it goes on
// trying, and is whole as soon as they start again; a worker killed over and over is back within a
// second each time, and the other one never notices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Child, freePort } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, startRelay } from './lib/relay.mjs';
import { prepareSabotage, startSabotaged } from './lib/saboteur.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const KILLS = 6;
const isReady = (relay) => get(`${relay.base}/readyz`).then((r) => r.status === 200, () => false);

test('start', { concurrency: true }, async (t) => {
  await Promise.all([
    t.test('never up', async (s) => {
      const { env, order } = await prepareSabotage(s);
      order('n');
      const child = new Child(BINARY, ['--set', `srt.listen=127.0.0.1:${await freePort()}`, '--set',
        `http.listen=127.0.0.1:${await freePort()}`, '--set', 'srt.workers=1'], { env });
      s.after(() => child.signal('SIGKILL'));
      const status = await child.wait(20000);
      assert.deepEqual(status, { code: 1, signal: null }, child.log);
      const tries = [...child.log.matchAll(/worker_died worker=0 .*restarting_in_ms=(\d+)/g)];
      assert.deepEqual(tries.map((m) => Number(m[1])), [250, 500, 1000, 2000, 4000], child.log);
      const said = child.log.split('\n').filter((l) => /cannot_start/.test(l));
      assert.equal(said.length, 1, child.log);
      assert.match(said[0], / ERROR .*never came up/);
    }),
    t.test('up again', async (s) => {
      const { relay, order } = await startSabotaged(s, { set: ['srt.workers=1'], restarts: 1 });
      order('n');
      process.kill(relay.workers()[0].pid, 'SIGKILL');
      await until('two vain tries', 8000, () => relay.lines(/worker_died .*"exit 1"/).length >= 2);
      order('\0');
      await until('/readyz', 8000, () => isReady(relay));
    }),
    t.test('killed over and over', async (s) => {
      const relay = await startRelay(s, { set: ['srt.workers=2'], restarts: KILLS });
      const source = await clip('small');
      const follower = watch(s, relay, 'beside');
      const push = pushFfmpeg(s, relay, { room: 'beside', clip: source });
      await untilPlaying(follower, 1);
      const room = JSON.parse((await get(`${relay.base}/api/v1/rooms/beside`)).body);
      const name = `roomcast-w${1 - room.feed.worker}`;
      for (let i = 0; i < KILLS; i++) {
        const { pid } = relay.workers().find((w) => w.name.startsWith(name));
        process.kill(pid, 'SIGKILL');
        const began = Date.now();
        await until('a new worker', 5000, async () => relay.workers()
          .some((w) => w.name.startsWith(name) && w.pid !== pid) && await isReady(relay), 20);
        assert.ok(Date.now() - began < 1500, `back after ${Date.now() - began} ms`);
        await sleep(100 + 170 * i);
      }
      await endedWell(push, source);
      await assertClean(follower, [source.sent]);
    }),
  ]);
});

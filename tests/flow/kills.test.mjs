// Front, worker and the whole relay are killed at random moments under load; the clock is stepped.
// SPDX-License-Identifier: MIT
//
// EXPECTED: MEDIA-SEQUENCE, DISCONTINUITY-SEQUENCE, TARGETDURATION, PART-TARGET, part numbers and
// PROGRAM-DATE-TIME of every room never go back or change, whatever dies and whatever the clock says
// when it is started again; a front's death costs publishers nothing. Long: tests/faults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, until } from './lib/http.mjs';
import { ownClock, underLoad } from './lib/kills.mjs';
import { scratch, startRelay } from './lib/relay.mjs';

const HOUR_MS = 3600000;

test('the whole relay is killed, and the clock steps meanwhile', { timeout: 120000 },
  async (t) => {
    const clock = await ownClock(t);
    const relay = await startRelay(t, { env: clock.env, state: scratch(t) });
    const load = await underLoad(t, relay, ['one', 'two']);
    for (const step of [HOUR_MS, -HOUR_MS - 7000, 0]) {
      clock.step(step); // the room that is on air
      await sleep(500 + Math.random() * 1500);
      await relay.killWhole();
      clock.step(-step / 2); // and the one that begins
      await relay.startAgain();
      await Promise.all(load.publishers.map((p) => p.again()));
      await load.watch.grown();
    }
    await load.stop();
  });

test('a front and a worker are killed', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t, { restarts: 1, errors: [/front_died|worker_died/] });
  const load = await underLoad(t, relay, ['one', 'two']);
  const find = (name) => relay.processes().find((p) => p.name.startsWith(name)).pid;
  const starts = load.publishers.map((p) => p.starts);
  for (let i = 0; i < 2; i++) {
    const front = find('roomcast-front');
    const began = Date.now();
    process.kill(front, 'SIGKILL');
    await until('another front', 5000, () => relay.processes()
      .some((p) => p.name.startsWith('roomcast-front') && p.pid !== front));
    await relay.ready();
    await load.watch.grown();
    t.diagnostic(`a front's death: the lists went on after ${Date.now() - began} ms`);
    await sleep(500 + Math.random() * 1000);
  }
  assert.deepEqual(load.publishers.map((p) => p.starts), starts, 'publishers stay connected');
  process.kill(find('roomcast-w'), 'SIGKILL');
  await Promise.all(load.publishers.map((p) => p.again()));
  await load.watch.grown();
  await load.stop();
});

// One ingest worker is killed in the middle of six feeds.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the rooms of the other worker lose nothing; the killed worker is back; its rooms are
// back when their publishers are, behind a DISCONTINUITY; /metrics counts one restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const ROOMS = 6;

// The kernel spreads publishers over the two workers by their ports; six on one are rare.
async function survive(t, attempt) {
  const relay = await startRelay(t, { set: ['srt.workers=2'], restarts: 1,
    errors: [/worker/] });
  const [long, small] = [await clip('long'), await clip('small')];
  const rooms = Array.from({ length: ROOMS }, (_, i) => {
    const room = `r${attempt}-${i}`;
    const follower = watch(t, relay, room);
    return { room, follower, push: pushFfmpeg(t, relay, { room, clip: long }) };
  });
  await Promise.all(rooms.map((r) => untilPlaying(r.follower, 2)));
  const workers = relay.workers();
  assert.equal(workers.length, 2, `two workers: ${JSON.stringify(relay.processes())}`);
  process.kill(workers[0].pid, 'SIGKILL');
  await until('a new worker', 5000, async () => relay.workers().length === 2
    && relay.workers().every((w) => w.pid !== workers[0].pid)
    && (await get(`${relay.base}/readyz`)).status === 200);
  await sleep(12000);
  const victims = rooms.filter((r) => r.push.status);
  if (victims.length === 0 || victims.length === ROOMS) return null;
  await Promise.all(rooms.map((r) => (victims.includes(r) ? comesBack(t, relay, r, long, small)
    : staysWhole(r, long))));
  assert.equal(await relay.metric(/worker.*restart/), 1, 'restarts in /metrics');
  return victims.length;
}

async function staysWhole(r, long) {
  await endedWell(r.push, long);
  await assertClean(r.follower, [long.sent]);
}

async function comesBack(t, relay, r, long, small) {
  const again = pushFfmpeg(t, relay, { room: r.room, clip: small });
  await endedWell(again, small);
  await assertClean(r.follower, [{ ...long.sent, complete: false }, small.sent],
    { except: [58] }); // the second clip is smaller
}

test('a worker is killed', async (t) => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const victims = await survive(t, attempt);
    if (victims) return;
    t.diagnostic(`attempt ${attempt}: all six rooms were on one worker`);
  }
  assert.fail('six rooms on one worker three times: publishers are not spread');
});

// One encoder, two uplinks: main and backup send the same access units at the same timestamps.
// SPDX-License-Identifier: MIT
//
// EXPECTED: when main is gone, backup goes on with the very next access unit: no DISCONTINUITY,
// nothing lost, nothing twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

// Both are live, main is stopped while it has the room. → {relay, follower, main, backup, long}
async function stall(t, options) {
  const relay = await startRelay(t, options);
  const long = await clip('long');
  const follower = watch(t, relay, 'main');
  const main = pushFfmpeg(t, relay, { streamId: 'main?role=main', clip: long });
  await until('main on air', 5000, () => relay.lines(/live was=new/).length > 0);
  const backup = pushFfmpeg(t, relay, { streamId: 'main?role=backup', clip: long });
  await untilPlaying(follower, 4);
  main.signal('SIGSTOP');
  await until('backup on air', 5000, () => relay.lines(/on_air role=backup/).length > 0);
  return { relay, follower, main, backup, long };
}

async function assertSeamless(follower, source) {
  await assertClean(follower, [source.sent]);
  const breaks = [...follower.renditions.values()]
    .flatMap((r) => r.ordered().filter((s) => s.discontinuity));
  assert.deepEqual(breaks, [], 'no DISCONTINUITY');
}

test('there and back again', async (t) => {
  const { relay, follower, main, long } = await stall(t,
    { set: ['srt.workers=2', 'rooms.backup_after_ms=600', 'rooms.main_hold_s=2'] });
  main.signal('SIGCONT');
  await until('main on air', 8000, () => relay.lines(/on_air role=main/).length > 0);
  await endedWell(main, long);
  await assertSeamless(follower, long);
  assert.equal((await relay.metrics()).get('roomcast_on_air_switches_total') >= 2, true);
});

test('whole segments, and a transport stream beside them', async (t) => {
  const { relay, follower, backup, long, main } = await stall(t, { set: ['srt.workers=2',
    'rooms.backup_after_ms=600', 'hls.low_latency=false', 'rooms.list.main.ts=true'] });
  const ts = await get(`${relay.base}/live/main/ts.m3u8`);
  assert.equal(ts.status, 200);
  await endedWell(backup, long);
  await assertSeamless(follower, long);
  const list = (await get(`${relay.base}/live/main/ts.m3u8`)).body.toString();
  assert.ok(!list.includes('#EXT-X-DISCONTINUITY\n') && !list.includes('GAP'), list);
  main.signal('SIGCONT');
});

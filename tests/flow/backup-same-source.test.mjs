// One encoder, two uplinks: main and backup send the same access units at the same timestamps.
// SPDX-License-Identifier: MIT
//
// EXPECTED: when main is gone, backup goes on with the very next access unit: no DISCONTINUITY,
// nothing lost, nothing twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

test('a splitter feeds main and backup', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2', 'rooms.backup_after_ms=600'] });
  const long = await clip('long');
  const follower = watch(t, relay, 'main');
  const main = pushFfmpeg(t, relay, { streamId: 'main?role=main', clip: long });
  await until('main on air', 5000, () => relay.lines(/live was=new/).length > 0);
  const backup = pushFfmpeg(t, relay, { streamId: 'main?role=backup', clip: long });
  await untilPlaying(follower, 4);
  main.signal('SIGSTOP');
  await until('backup on air', 5000, () => relay.lines(/on_air role=backup/).length > 0);
  await endedWell(backup, long);
  await assertClean(follower, [long.sent]);
  const breaks = [...follower.renditions.values()]
    .flatMap((r) => r.ordered().filter((s) => s.discontinuity));
  assert.deepEqual(breaks, [], 'no DISCONTINUITY');
  main.signal('SIGCONT');
});

// Five of a hundred packets are lost at random, in both directions.
// SPDX-License-Identifier: MIT
//
// EXPECTED: SRT brings every one of them again: no access unit is lost, no rule broken.
// The loss ends before the clip does: ffmpeg's sockets do not block, so its libsrt closes without
// lingering and never sends again what got lost in the last round trip.
import assert from 'node:assert/strict';
import { clip } from './lib/clips.mjs';
import { sleep } from './lib/http.mjs';
import { dropPackets, dropped, testInNamespace } from './lib/namespace.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';

const CALM_S = 1.5;

await testInNamespace('5 % loss', import.meta.url, async (t) => {
  const relay = await startRelay(t);
  const source = await clip('h264-bframes-1080p');
  const follower = watch(t, relay, 'main');
  const endLoss = await dropPackets(relay.srtPort, 'numgen random mod 100 < 5');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await sleep((source.seconds - CALM_S) * 1000);
  assert.ok(await dropped() > 50, 'packets were lost');
  await endLoss();
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);
  assert.ok(await relay.metric(/lost/) > 0, 'and /metrics knows it');
});

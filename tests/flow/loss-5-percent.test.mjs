// Five of a hundred packets are lost at random, in both directions.
// SPDX-License-Identifier: MIT
//
// EXPECTED: SRT brings every one of them again: no access unit is lost, no rule broken.
import assert from 'node:assert/strict';
import { clip } from './lib/clips.mjs';
import { dropPackets, dropped, testInNamespace } from './lib/namespace.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';

await testInNamespace('5 % loss', import.meta.url, async (t) => {
  const relay = await startRelay(t);
  const source = await clip('h264-bframes-1080p');
  const follower = watch(t, relay, 'main');
  await dropPackets(relay.srtPort, 'numgen random mod 100 < 5');
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: source }), source);
  assert.ok(await dropped() > 50, 'packets were lost');
  await assertClean(follower, [source.sent]);
  assert.ok(await relay.metric(/lost/) > 0, 'and /metrics knows it');
});

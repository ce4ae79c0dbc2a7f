// Nothing passes for four seconds, in both directions.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the sender keeps what was not acknowledged and catches up: no access unit is lost, one
// session, no DISCONTINUITY. Every rule holds: what comes in one burst is listed at once, and once
// data can pass again segments and parts come in time.
import assert from 'node:assert/strict';
import { clip } from './lib/clips.mjs';
import { sleep } from './lib/http.mjs';
import { dropPackets, dropped, testInNamespace } from './lib/namespace.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

await testInNamespace('a black-out of 4 s', import.meta.url, async (t) => {
  const relay = await startRelay(t);
  const source = await clip('long');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await untilPlaying(follower, 2);
  follower.sourceAway();
  const light = await dropPackets(relay.srtPort, '');
  await sleep(4000);
  assert.ok(await dropped() > 10, 'packets were lost');
  await light();
  follower.sourceBack();
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);
});

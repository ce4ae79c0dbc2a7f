// Handshakes that come more than once: over a long way, and after a take-over.
// SPDX-License-Identifier: MIT
//
// EXPECTED: one publisher is one session, however often its handshake arrives; and the handshake of
// a publisher that was replaced does not take the room back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { longWay } from './lib/udp-delay.mjs';

test('a handshake is repeated at a round-trip time of 300 ms', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'] });
  const way = await longWay(t, relay.srtPort, { delayMs: 150, twiceMs: 280 });
  const small = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, way, { room: 'main', clip: small });
  await endedWell(push, small);
  assert.ok(way.conclusions > 1, 'the publisher itself asks again');
  await assertClean(follower, [small.sent], { except: [27, 28] });
  assert.equal(relay.lines(/publisher_accepted/).length, 1);
  assert.deepEqual(relay.lines(/taken_over|refused/), []);
});

test('a handshake comes once more after a take-over', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=1'] });
  const way = await longWay(t, relay.srtPort);
  const [long, small] = [await clip('long'), await clip('small')];
  const first = pushFfmpeg(t, way, { room: 'main', clip: long });
  await until('it is live', 8000, () => relay.lines(/live was=new/)[0]);
  const second = pushFfmpeg(t, relay, { room: 'main', clip: small });
  await until('the take-over', 5000, () => relay.lines(/ on_air role=main/)[0]);
  await first.kill();
  for (let i = 0; i < 8; i++) {
    await sleep(400);
    way.again();
  }
  await endedWell(second, small);
  assert.equal(relay.lines(/taken_over/).length, 1);
  assert.ok(relay.lines(/its handshake came once more/).length > 0);
});

// Ten rooms at once.
// SPDX-License-Identifier: MIT
//
// EXPECTED: ten clean ledgers, and ten rooms in /metrics while they play.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

test('ten rooms', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'] });
  const source = await clip('tiny');
  const rooms = Array.from({ length: 10 }, (_, i) => {
    const room = `room-${i}`;
    return { follower: watch(t, relay, room), push: pushFfmpeg(t, relay, { room, clip: source }) };
  });
  await Promise.all(rooms.map((r) => untilPlaying(r.follower)));
  assert.equal(await relay.metric(/^roomcast_rooms\b/), 10);
  for (const { push, follower } of rooms) {
    await endedWell(push, source);
    await assertClean(follower, [source.sent]);
  }
});

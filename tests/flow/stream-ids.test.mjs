// Every documented way to name a room in the SRT stream id.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each form publishes into its room and nothing is lost there.
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';

const FORMS = { 'plain-room': 'plain-room', 'Room_2.x-y': 'Room_2.x-y?key=whatever',
  'with-mode': 'publish:with-mode', standard: '#!::r=standard,m=publish',
  everything: '#!::m=publish,r=everything,u=anna,s=secret,role=main' };

test('forms of the stream id', async (t) => {
  const relay = await startRelay(t);
  const source = await clip('tiny');
  await Promise.all(Object.entries(FORMS).map(async ([room, streamId]) => {
    const follower = watch(t, relay, room);
    await endedWell(pushFfmpeg(t, relay, { streamId, clip: source }), source);
    await assertClean(follower, [source.sent]);
  }));
});

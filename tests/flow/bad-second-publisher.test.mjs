// A second publisher for a room that is live, where the first one keeps it (takeover: refuse).
// SPDX-License-Identifier: MIT
//
// EXPECTED: refused as a conflict with a line that names the room; the first loses nothing; when
// the first has left, the next is taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { REJECT, callSrt } from './lib/srt.mjs';

test('two publishers, one room', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2', 'rooms.takeover=refuse'] });
  const [small, tiny] = [await clip('small'), await clip('tiny')];
  const follower = watch(t, relay, 'main');
  const first = pushFfmpeg(t, relay, { room: 'main', clip: small });
  await untilPlaying(follower);
  for (let i = 0; i < 6; i++) {
    const answer = await callSrt(relay.srtPort, 'main');
    assert.equal(answer.accepted, false, 'refused, whichever worker is asked');
    assert.equal(answer.code, REJECT.conflict);
  }
  await relay.refusal('main', /conflict|live|already|busy/i);
  const second = pushFfmpeg(t, relay, { room: 'main', clip: tiny });
  assert.notEqual((await second.wait(8000)).code, 0);
  await endedWell(first, small);
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: tiny }), tiny);
  await assertClean(follower, [small.sent, tiny.sent]);
});

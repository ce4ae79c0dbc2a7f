// A publisher leaves and is back three seconds later.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the same playlist goes on without ENDLIST; one DISCONTINUITY; media sequence numbers
// continue; all access units of both sessions are there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { sleep } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';

test('a publisher comes back', async (t) => {
  const relay = await startRelay(t);
  const source = await clip('small');
  const follower = watch(t, relay, 'main');
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: source }), source);
  await sleep(3000);
  const before = follower.renditions.get('video').list;
  assert.equal(before.endList, false, 'the room waits for its publisher');
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: source }), source);
  await assertClean(follower, [source.sent, source.sent]);
  for (const r of follower.renditions.values()) {
    const msns = [...r.segments.keys()].sort((a, b) => a - b);
    assert.equal(msns.at(-1) - msns[0], msns.length - 1, 'no number was skipped');
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, 1, `breaks in ${r.name}`);
  }
});

// An encoder dies without a word, and starts anew.
// SPDX-License-Identifier: MIT
//
// EXPECTED: what was received plays to its end, the room stays; as soon as the silence was
// noticed the new session is taken and continues the playlist behind a DISCONTINUITY.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

test('a publisher is killed', async (t) => {
  const relay = await startRelay(t, { set: ['srt.peer_idle_ms=2000'] });
  const [long, small] = [await clip('long'), await clip('small')];
  const follower = watch(t, relay, 'main');
  const first = pushFfmpeg(t, relay, { room: 'main', clip: long });
  await untilPlaying(follower, 2);
  await first.kill();
  follower.sourceAway(); // nothing can be published on time while there is no source
  const second = await until('the room to take a new publisher', 15000, async () => {
    const push = pushFfmpeg(t, relay, { room: 'main', clip: small });
    const early = await push.wait(2500).catch(() => null);
    return early ? null : push;
  }, 300);
  follower.sourceBack();
  await endedWell(second, small);
  await assertClean(follower, [{ ...long.sent, complete: false }, small.sent]);
  assert.ok(follower.renditions.get('video').ordered().some((s) => s.discontinuity));
});

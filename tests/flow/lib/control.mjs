// A room that must not notice anything: published and watched while something else goes wrong.
// SPDX-License-Identifier: MIT
import { clip } from './clips.mjs';
import { pushFfmpeg } from './push.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './situation.mjs';

export async function startControl(t, relay, { name = 'long', room = 'control', streamId } = {}) {
  const source = await clip(name);
  const follower = watch(t, relay, room);
  const push = pushFfmpeg(t, relay, { room, streamId, clip: source });
  await untilPlaying(follower);
  return {
    follower,
    push,
    async finish() {
      await endedWell(push, source);
      await assertClean(follower, [source.sent]);
    },
  };
}

// EXPECTED: a room whose only sound no browser decodes is not dark: hls.js, which our page is made of,
// plays its picture. (Shaka leaves out variants without sound before it asks what can be decoded,
// and video.js takes the sound alone: with them such a room stays dark.)
// runs alone
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import { clip } from '../flow/lib/clips.mjs';
import { get, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser } from './lib/chromium.mjs';
import { openPlayer, openSite, waitForPlayer } from './lib/players.mjs';

const FRAMES = 75; // three seconds

test('the picture of a room with MP2 plays', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'layer-two', clip: await clip('audio-mp2'), loop: 9 });
  const browser = await openBrowser(t);
  const site = await openSite(t);
  await until('the room', 30000, async () => {
    const reply = await get(`${relay.base}/live/layer-two/status.json`);
    return reply.status === 200 && JSON.parse(reply.body).segments >= 3;
  });
  const player = await openPlayer(browser, site, relay, { kind: 'hls', room: 'layer-two' });
  await waitForPlayer(player, 'the picture', 30000, (s) => s.decoded > FRAMES && s.currentTime > 0);
  await player.close();
});

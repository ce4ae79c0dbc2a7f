// What uplinks do: loss in bursts, a black-out beyond repair, jitter, a slow line, far-away encoders.
// SPDX-License-Identifier: MIT
//
// EXPECTED: SRT repairs what it can, so no access unit is lost and there is no break; after ten
// seconds of nothing the room is still there and plays within two seconds of the data's return; a
// line that is too slow for a while wedges nobody. Rooms beside them notice nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { ended, pushLoop, pushWith } from '../faults/lib/publishers.mjs';
import { busy, LONG, Random, SEED } from '../faults/lib/random.mjs';
import { UdpProxy } from '../faults/tools/udp-proxy.mjs';

const QUIET = [/publisher_refused/];
const SLOW_KBPS = 250; // the clips have twice that

// A whole clip through a line of that kind: nothing is lost, nothing is broken.
async function throughLine(t, relay, name, faults, { source, except = [], latencyMs = 2000 }) {
  const proxy = await UdpProxy.start(t, relay, { seed: SEED, faults });
  const follower = watch(t, relay, name);
  const push = pushWith(t, relay, source, { room: name, srtPort: proxy.srtPort,
    query: { latency: latencyMs * 1000 } });
  return { proxy, follower, push, async end() {
    await endedWell(push, source);
    return assertClean(follower, [source.sent], { except });
  } };
}

async function newest(relay, room) {
  const r = await get(`${relay.base}/live/${room}/video.m3u8`);
  if (r.status !== 200) return null;
  const list = parsePlaylist(r.body.toString(), { url: `${relay.base}/x` });
  return { list, at: `${list.segments.at(-1)?.msn} ${list.segments.at(-1)?.parts?.length}` };
}

test('lines', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'] });
  const inv = await Invariants.start(t, relay, { quiet: QUIET });
  const source = await clip(LONG ? 'long' : 'small');
  const random = new Random();
  const clean = { except: [27, 28, 92], source };
  // The loss ends before the clip does, or its last packets would never be sent again.
  const calmMs = (source.seconds - 1.5) * 1000;

  const rooms = [
    await throughLine(t, relay, 'jitter', { jitterMs: 300, reorder: 0.1, delayMs: 10 }, clean),
    await throughLine(t, relay, 'far', { delayMs: 150, loss: 0.02 }, clean),
    await throughLine(t, relay, 'twice', { duplicate: 0.3, reorder: 0.05, loss: 0.01 }, clean),
    await throughLine(t, relay, 'random', { loss: 0.05, delayMs: random.below(60) }, clean),
  ];
  await sleep(calmMs);
  for (const r of rooms) r.proxy.faults.loss = 0;
  for (const r of rooms) await r.end();
  assert.equal(await relay.metric(/room_takeovers|worker.*restart/) ?? 0, 0,
    'a handshake that is repeated is not a second publisher');

  // The slow line: half of what the clip needs, then free again.
  const slow = await UdpProxy.start(t, relay, { seed: SEED });
  const crowded = pushLoop(t, relay, source, { room: 'slow', srtPort: slow.srtPort });
  // Ten seconds of nothing.
  const hole = await UdpProxy.start(t, relay, { seed: SEED });
  const dark = pushLoop(t, relay, source, { room: 'dark', srtPort: hole.srtPort });
  await until('both to play', 15000, async () => await newest(relay, 'slow000')
    && newest(relay, 'dark000'));
  await sleep(1500);
  slow.faults.kbps = SLOW_KBPS;
  hole.faults.black = true;
  await sleep(LONG ? 10000 : 5000);
  const before = await newest(relay, 'dark000');
  assert.ok(!before.list.endList, 'the room stays while nothing comes');
  hole.faults.black = false;
  slow.faults.kbps = 0;
  const back = Date.now();
  // Ten seconds are longer than SRT's patience: the encoder connects again.
  const again = LONG && pushLoop(t, relay, source, { room: 'dark', srtPort: hole.srtPort });
  await until('the dark room to play again', 2500 * busy(), async () =>
    (await newest(relay, 'dark000')).at !== before.at, 50);
  t.diagnostic(`dark room: again after ${Date.now() - back} ms`);
  const held = await newest(relay, 'slow000');
  await until('the crowded room to go on', 5000 * busy(), async () =>
    (await newest(relay, 'slow000')).at !== held.at);
  assert.equal(await relay.metric(/wedged/) ?? 0, 0, 'no feed was wedged');
  await ended(crowded, dark, ...(again ? [again] : []));
  await inv.end();
});

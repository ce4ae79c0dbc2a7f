// What strangers and broken encoders do to the SRT port.
// SPDX-License-Identifier: MIT
//
// EXPECTED: forged control packets do nothing to the session they are forged for; bad handshakes,
// floods of them and encoders that come and go twenty times a second change nothing for the others;
// demands are refused or bounded; a session that goes silent or is wedged inside libsrt is found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { ended, pushLoop, pushWith } from '../faults/lib/publishers.mjs';
import { busy, LONG, Random } from '../faults/lib/random.mjs';
import { badCookie, call, flood, hostile, induction, mutated } from '../faults/tools/srt-forge.mjs';
import { UdpProxy } from '../faults/tools/udp-proxy.mjs';

const QUIET = [/publisher_refused/, /publisher_accepted/, /feed_ended/, /refused feed=/];
const KEYS = 'rooms:\n  open: true\n  list:\n    - name: locked\n      key: the-key\n';

async function forgeIntoSession(t, relay) {
  const source = await clip('small');
  const random = new Random();
  const proxy = await UdpProxy.start(t, relay);
  const follower = watch(t, relay, 'target');
  const push = pushWith(t, relay, source, { room: 'target', srtPort: proxy.srtPort });
  await untilPlaying(follower, 1);
  for (let round = 0; round < 5; round++) {
    const [p] = proxy.publishers.values();
    for (const packet of hostile(p.sequence)) proxy.inject(packet);
    await sleep(100);
  }
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);

  // Any bytes: the session itself may end, nobody else may notice.
  const second = await UdpProxy.start(t, relay);
  const victim = pushLoop(t, relay, source, { room: 'victim', srtPort: second.srtPort });
  const sends = () => [...second.publishers.values()].some((p) => p.id !== undefined);
  await until('the victim to send', 5000, sends);
  for (let i = 0; i < (LONG ? 200000 : 4000); i++) {
    const [p] = second.publishers.values();
    second.inject(mutated(random, p.sequence));
    if (i % 100 === 99) await sleep(5);
  }
  await ended(victim);
}

// In-order delivery of a packet that never comes: libsrt gives nothing any more.
async function wedge(t, relay) {
  const proxy = await UdpProxy.start(t, relay);
  const push = pushLoop(t, relay, await clip('small'), { room: 'wedge', srtPort: proxy.srtPort });
  await until('it to play', 8000, async () =>
    (await get(`${relay.base}/live/wedge000/video.m3u8`)).status === 200);
  // Every packet says "in order", and one of them never comes: libsrt waits for it for ever.
  let never = null;
  proxy.faults.rewrite = (packet) => {
    if (packet.length < 16 || packet[0] & 0x80) return packet;
    const sequence = packet.readUInt32BE(0);
    never ??= sequence;
    if (sequence === never) return null;
    const ordered = Buffer.from(packet);
    ordered[4] |= 0x20;
    return ordered;
  };
  const from = Date.now();
  await until('the feed to be ended', 4000, () => relay.lines(/feed_ended/)
    .some((l) => l.includes('wedge000') && /can be read/.test(l)), 20);
  const took = Date.now() - from;
  t.diagnostic(`found after ${took} ms`);
  assert.ok(took <= 1500 * busy(), `noticed after ${took} ms`);
  proxy.faults.rewrite = null;
  await ended(push);
}

async function forgeHandshakes(relay) {
  const random = new Random();
  for (const mss of [45, 60, 76, 100, 575, 70000]) {
    assert.equal((await call(relay.srtPort, { mss, waitMs: 150 })).accepted, false, `MSS ${mss}`);
  }
  assert.equal((await call(relay.srtPort, { window: 0x3fffffff, waitMs: 150 })).accepted, false);
  const filtered = await call(relay.srtPort, { streamId: 'fec', filter: 'fec,cols:10,rows:5' });
  if (filtered.accepted) await relay.refusal('fec', /packet filter/);
  const patient = await call(relay.srtPort, { streamId: 'patient', latency: 65000 });
  if (patient.accepted) await relay.refusal('patient', /latency/);
  for (let n = 0; n < 40; n++) {
    const streamId = random.bytes(random.below(500)).toString('latin1');
    const got = await call(relay.srtPort, { streamId, waitMs: 20,
      more: [random.bytes(4 * random.below(60))] });
    if (got.accepted) got.close();
  }
  const count = LONG ? 250000 : 6000;
  await flood(relay.srtPort, count, () => badCookie(random));
  await flood(relay.srtPort, count, () => induction(random));
  const burst = Array.from({ length: LONG ? 2000 : 150 }, () =>
    call(relay.srtPort, { streamId: 'locked?key=wrong', waitMs: 1500 }));
  assert.ok((await Promise.all(burst)).every((r) => !r.accepted), 'a wrong key is never let in');
  const late = await until('an honest encoder to get in', 5000, async () => {
    const r = await call(relay.srtPort, { streamId: 'locked?key=the-key' });
    return r.accepted ? r : null;
  });
  late.close();
}

async function comeAndGo(relay) {
  const seconds = LONG ? 120 : 3;
  const random = new Random();
  for (let i = 0; i < 20 * seconds; i++) {
    call(relay.srtPort, { streamId: `flap${random.below(8)}` }).then((r) => {
      if (r.accepted && random.chance(0.5)) r.close(); // the others just fall silent
    });
    await sleep(50);
  }
}

test('forged packets, floods, and encoders that come and go', async (t) => {
  const relay = await startRelay(t, { config: KEYS, set: ['srt.workers=2',
    'srt.handshakes_per_s=100', 'srt.peer_idle_ms=1500'] });
  const inv = await Invariants.start(t, relay, { quiet: QUIET, jitterMs: 400,
    settleMs: 20000 });
  await forgeIntoSession(t, relay);
  await wedge(t, relay);
  await comeAndGo(relay);
  await forgeHandshakes(relay);
  await inv.end();
});

test('an encoder that stops without a word is found', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=1'] });
  const push = pushLoop(t, relay, await clip('small'), { room: 'half' });
  const found = () => relay.lines(/ (stale|stalled) /).some((l) => l.includes('half000'));
  await until('it to play', 8000, async () =>
    (await get(`${relay.base}/live/half000/video.m3u8`)).status === 200);
  await sleep(1000);
  assert.ok(!found());
  push.signal('SIGSTOP');
  await until('the room to say so', 4000 * busy(), found);
  await ended(push);
});

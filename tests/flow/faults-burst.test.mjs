// 200 packets in every 5,000 are lost at once, with play-out for it and without.
// SPDX-License-Identifier: MIT
//
// EXPECTED: with time to repair nothing is missing. With SRT's own pacing and no time, what is given
// up is missing and nothing else; the relay counts as many access units as the ledger misses; every
// hole is shorter than a GOP and the next IDR is there; no break, no second publisher.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Follower } from './lib/follower.mjs';
import { until } from './lib/http.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { markPush } from '../faults/lib/mark-push.mjs';
import { checkMarked } from '../faults/lib/marked-ledger.mjs';
import { busy, LONG, Random, SEED } from '../faults/lib/random.mjs';
import { UdpProxy } from '../faults/tools/udp-proxy.mjs';

const BURST = { every: 5000, length: 200, from: 1000 };
// A repair takes two ways more: too long even where the handshake, from which SRT's pacing counts, was
// late by some 100 ms because the machine was busy.
const TIGHT_WAY_MS = 250;
const GOP = 25;
// No burst falls on the end, whose last packets would never be known to be lost.
const SECONDS = LONG ? 60 : 14;
// Where a picture is missing the one before it ends too soon (40, 14), or its part does (73); it may
// be an IDR (81).
const HOLES = [14, 40, 73, 81];
// What is repaired comes late: the tracks are apart meanwhile, and a reload may wait in vain.
const LATE = [27, 28, 92];

// A room behind a line of its own. The stream has 550 packets a second: there are two bursts at
// least. What is in SRT's own pacing when the publisher closes is lost: it waits that long before.
async function through(t, relay, room, dir, { latencyMs, wayMs = 0, lossy }) {
  const random = new Random(SEED + room.length);
  const proxy = await UdpProxy.start(t, relay, { seed: SEED, faults: { burst: BURST,
    delayMs: wayMs } });
  const follower = new Follower(relay.base, room, { probes: false }).start();
  t.after(() => { follower.running = false; });
  const push = markPush(t, relay, { room, dir, seed: SEED, srtPort: proxy.srtPort, latencyMs,
    script: [`set gop=${GOP} step=3600 padding=${26000 + random.below(3000)} bframes=${
      random.below(3)}`, `play ${SECONDS}`, `quiet ${latencyMs + 500}`] });
  return { room, proxy, follower, push, lossy };
}

async function judged(t, { room, proxy, follower, push, lossy }, relay) {
  assert.deepEqual(await push.wait((SECONDS + 40) * 1000), { code: 0, signal: null }, push.log);
  follower.left();
  const wanted = () => checkMarked(push.ledger(), follower, { lossy });
  const of = (name) => relay.metric(new RegExp(`^roomcast_room_${name}\\{room="${room}"\\}`));
  // All that was written has been read, too.
  const ledger = push.ledger().sessions.flat();
  const written = Number((await until(`the end of ${room}`, 10000, () =>
    relay.lines(new RegExp(`room/${room} feed_ended`))[0])).match(/access_units=(\d+)\//)[1]);
  await until(`${room} to be read to its end`, 10000, () => {
    const { units, missing, faults } = wanted();
    return !faults.length && units - missing.v.length - missing.a.length >= written;
  }).catch(() => {});
  const result = wanted();
  const findings = await follower.stop();
  assert.deepEqual(result.faults, [], `${room}: the ledger`);
  assert.deepEqual(findings.list.filter((f) => !LATE.includes(f.rule)
    && !(lossy && HOLES.includes(f.rule))).map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), [], `${room}: broken rules`);
  assert.deepEqual(follower.errors, [], `${room}: requests that failed`);
  assert.equal(result.discontinuities, 0, `${room}: breaks`);
  assert.equal(relay.lines(new RegExp(`room/${room} .* opened feed=`)).length, 1, `${room}: one session`);
  const listed = (units) => JSON.stringify(runs(units));
  t.diagnostic(`${room}: missing pictures ${listed(result.missing.v)}, sounds ${
    listed(result.missing.a)}, ${proxy.up.dropped} packets lost`);
  const missing = result.missing.v.length + result.missing.a.length;
  assert.equal(ledger.length, result.units, `${room}: it begins with an IDR`);
  assert.equal(written, result.units - missing, `${room}: what came whole is written`);
  assert.equal(await of('access_units_missing_total'), missing, `${room}: what the relay counts`);
  return { ...result, missing, video: result.missing.v, ledger, lost: proxy.up.dropped,
    bursts: Math.floor(proxy.up.dropped / BURST.length), dropped: await of('srt_packets_dropped_total') };
}

// Runs of numbers that follow each other: [[first, last]].
const runs = (units) => units.reduce((all, u) => {
  if (all.length && all.at(-1)[1] + 1 === u.number) all.at(-1)[1] = u.number;
  else all.push([u.number, u.number]);
  return all;
}, []);

test('bursts of loss', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2', 'srt.latency_ms=20',
    'rooms.list.tight.play_out=classic', 'rooms.list.roomy.play_out=classic'] });
  const inv = await Invariants.start(t, relay);
  const dir = scratch(t);
  const rooms = [await through(t, relay, 'tight', dir, { latencyMs: 100, wayMs: TIGHT_WAY_MS, lossy: true }),
    await through(t, relay, 'roomy', dir, { latencyMs: 3000 }),
    ...(LONG ? [await through(t, relay, 'usual', dir, { latencyMs: 120 })] : [])];
  const [tight, ...repaired] = await Promise.all(rooms.map((r) => judged(t, r, relay)));
  for (const r of repaired) {
    assert.equal(r.missing, 0);
    assert.equal(r.dropped, 0);
    assert.ok(r.bursts >= 2, `${r.bursts} bursts`);
  }
  t.diagnostic(`tight: ${tight.bursts} bursts, ${tight.dropped} packets given up, ${tight.missing}`
    + ` of ${tight.units} access units missing: ${JSON.stringify(runs(tight.video))}`);
  assert.ok(tight.missing > 0 && tight.dropped > 0, 'some could not be repaired');
  assert.ok(tight.dropped <= tight.lost, `${tight.dropped} given up, ${tight.lost} lost`);
  const holes = runs(tight.video);
  assert.ok(holes.length <= 3 * tight.bursts, 'only what the bursts took');
  const gone = new Set(tight.video.map((u) => u.number));
  const pictures = tight.ledger.filter((u) => u.kind === 'v');
  for (const [first, last] of holes) {
    assert.ok(last - first + 1 < GOP * busy(), `a hole of ${last - first + 1} pictures is a stall of more`);
    const idr = pictures.find((u) => u.number > last && u.idr);
    assert.ok(!idr || !gone.has(idr.number), `IDR ${idr?.number} after ${last} is there`);
  }
  assert.equal(await relay.metric(/takeovers/), 0);
  await inv.end();
});

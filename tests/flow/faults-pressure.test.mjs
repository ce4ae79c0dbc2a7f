// Rooms that would take more memory than there is, and a newcomer on top.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the largest windows give up their oldest segments, lists stay legal and never shorter
// than they must be, the small rooms lose nothing, nobody is killed. When even that is not enough,
// new rooms are refused in words, and let in when there is room again.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Follower } from './lib/follower.mjs';
import { get, until } from './lib/http.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { MemoryGroup } from '../faults/lib/cgroup.mjs';
import { markPush } from '../faults/lib/mark-push.mjs';
import { checkMarked } from '../faults/lib/marked-ledger.mjs';
import { busy, LONG, SEED } from '../faults/lib/random.mjs';

const MB = 1 << 20;
const GROUP_MB = 80;
const BUDGET_MB = 24; // SRT's and sockets' buffers are large where the machine is busy
const SECONDS = LONG ? 60 : 20;
const FPS = 25;
const QUIET = [/unhealthy/, /gave_up/];
// A reload may wait in vain where the machine is busy.
const BUSY = [27, 28, 92];
// What leaves a list cannot wait behind it where memory is short.
const PRESSED = [24, 33, 67];

// A stream of so many megabytes a second, with a segment each second.
function pushOf(t, relay, dir, room, mbPerS, seconds) {
  return markPush(t, relay, { room, dir, seed: SEED, latencyMs: 1000,
    script: [`set gop=${FPS} step=${90000 / FPS} padding=${Math.round(mbPerS * MB / FPS)} audio=off`,
      `play ${seconds}`] });
}

const used = (relay) => relay.metric(/^roomcast_memory_used_bytes/);
const roomBytes = (relay, room) => relay.metric(new RegExp(
  `^roomcast_room_memory_bytes\\{room="${room}"`));
const givenUp = async (relay, room) => JSON.parse((await get(
  `${relay.base}/api/v1/rooms/${room}`)).body).segments_given_up;

async function listOf(relay, room) {
  const r = await get(`${relay.base}/live/${room}/video.m3u8`);
  return r.status === 200 ? parsePlaylist(r.body.toString(), { url: `${relay.base}/x` }) : null;
}

async function held(follower, push) {
  assert.deepEqual(await push.wait((SECONDS + 60) * 1000), { code: 0, signal: null }, push.log);
  follower.left();
  const now = () => checkMarked(push.ledger(), follower);
  await until('all of it to be read', 15000, () => !now().faults.length).catch(() => {});
  const result = now();
  const findings = await follower.stop();
  assert.deepEqual(result.faults, [], `${follower.room}: the ledger`);
  assert.deepEqual(findings.list.filter((f) => ![...BUSY, ...PRESSED].includes(f.rule))
    .map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), [], `${follower.room}: broken rules`);
  assert.deepEqual(follower.errors, [], `${follower.room}: requests that failed`);
  assert.equal(result.discontinuities, 0, `${follower.room}: breaks`);
}

// Who follows a room from its start reads all of it, though its window shrinks behind them.
const followed = (t, relay, room) => {
  const f = new Follower(relay.base, room, { probes: false }).start();
  t.after(() => { f.running = false; });
  return f;
};

async function refused(t, relay, dir) {
  const push = pushOf(t, relay, dir, 'newcomer', 0.1, 3);
  const status = await push.wait(20000);
  assert.notEqual(status.code, 0, 'the newcomer was let in');
  assert.ok(relay.lines(/room\/newcomer refused .*limits\.memory_mb/).length > 0, 'in words');
  assert.ok(await relay.metric(/publishers_refused_total\{reason="memory"\}/) > 0, 'and counted');
}

async function pressed(t, relay, inv, group) {
  const dir = scratch(t);
  const follower = followed(t, relay, 'large');
  const large = pushOf(t, relay, dir, 'large', 1.6, SECONDS);
  const middle = pushOf(t, relay, dir, 'middle', 0.8, SECONDS);
  await until('the budget to be used', SECONDS * 1000, async () =>
    relay.lines(/room\/large gave_up/).length > 0, 200);
  assert.ok(await used(relay) <= (BUDGET_MB + 5 * busy()) * MB, `${await used(relay)} bytes`);
  assert.ok(await givenUp(relay, 'large') > 0, 'the largest first');
  assert.equal(relay.lines(/room\/middle gave_up/).length, 0, 'and not the smaller one');
  assert.ok(await roomBytes(relay, 'large') > await roomBytes(relay, 'middle'));
  assert.equal(relay.lines(/memory_full/).length, 0, 'there is room for live lists yet');

  // One more whose live list is too much.
  const more = pushOf(t, relay, dir, 'more', 1.8, 12);
  await until('new rooms to be refused', 30000, () => relay.lines(/memory_full/)[0]);
  await refused(t, relay, dir);
  for (const room of ['large', 'middle', 'more']) {
    const list = await listOf(relay, room);
    const whole = list.segments.length;
    const lasts = list.segments.reduce((n, s) => n + s.duration, 0);
    t.diagnostic(`${room}: ${whole} segments, ${lasts.toFixed(1)} s, `
      + `${(await roomBytes(relay, room) / MB).toFixed(1)} MB`);
    if (room === 'more') continue; // it may be younger than that
    assert.ok(whole >= 6 && lasts >= 3 * list.targetDuration, `${room} keeps a live list`);
  }
  assert.ok(relay.lines(/gave_up/).length <= 3 * (1 + Math.ceil(SECONDS / 60)), 'once a minute');
  await more.exited;
  await until('new rooms to be let in', 60000, () => relay.lines(/memory_free/)[0]);
  const again = pushOf(t, relay, dir, 'newcomer', 0.1, 3);
  assert.deepEqual(await again.wait(20000), { code: 0, signal: null }, again.log);
  await held(follower, large);
  middle.signal('SIGKILL');
  assert.deepEqual(relay.lines(/room\/control000 gave_up/), [], 'small rooms keep theirs');
  if (group) {
    t.diagnostic(`${(group.most / MB).toFixed(0)} of ${GROUP_MB} MB at most`);
    assert.equal(group.kills, 0, 'nobody was killed');
  }
  await inv.end();
}

const SET = ['srt.workers=2', 'srt.udp_buffer_bytes=1048576', 'srt.flow_window=2048',
  ...['large', 'middle', 'more'].map((room) => `rooms.list.${room}.window=10m`),
  'hls.segment_ms=1000', 'rooms.resume_s=1'];
const budget = (relay) => relay.metric(/^roomcast_memory_budget_bytes/);

async function play(t, group) {
  const options = { set: SET, config: 'limits:\n  memory_mb: 0\n',
    ...(group ? { binary: group.wrap(t, BINARY) } : {}) };
  const relay = await startRelay(t, options);
  t.after(() => group?.remove()); // behind the relay's own end
  if (group) assert.equal(await budget(relay), GROUP_MB / 2 * MB, 'half of the group');
  else assert.ok(await budget(relay) > BUDGET_MB * MB, 'half of the machine');
  writeFileSync(options.configFile, `limits:\n  memory_mb: ${BUDGET_MB}\n`);
  relay.child.signal('SIGHUP');
  await until('the reload', 5000, async () => await budget(relay) === BUDGET_MB * MB);
  const inv = await Invariants.start(t, relay, { quiet: QUIET, settleMs: 20000 });
  await pressed(t, relay, inv, group);
}

test('a group of processes with little memory', async (t) => {
  const group = MemoryGroup.make(GROUP_MB * MB);
  if (typeof group === 'string') {
    t.diagnostic(`${group}: limits.memory_mb alone`);
    await play(t, null);
    return;
  }
  await play(t, group);
});

// Days of media at 60 times real time, with random faults. This test runs alone.
// SPDX-License-Identifier: MIT
//
// HOURS (48) of media in each of ROOMS (3) rooms, SPEED (60) times as fast; SEED (1) chooses the
// faults. The first room has none: its timestamps cross 2^33 within the first hour, and once more
// 26.5 h later. The others are jumped, restarted, damaged and reconnected all the time.
//
// EXPECTED: no access unit that was sent whole is missing, doubled, altered or out of order; no
// number, date or decode time goes back; no discontinuity in the first room; the invariants, with
// memory where it was after the first tenth.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sleep } from '../../flow/lib/http.mjs';
import { scratch, startRelay } from '../../flow/lib/relay.mjs';
import { Invariants } from '../lib/invariants.mjs';
import { markPush } from '../lib/mark-push.mjs';
import { WRAP, random } from '../lib/media-cases.mjs';
import { SlimFollower } from '../lib/slim-follower.mjs';

const HOURS = Number(process.env.HOURS ?? 48);
const ROOMS = Number(process.env.ROOMS ?? 3);
const SPEED = Number(process.env.SPEED ?? 60);
const SEED = Number(process.env.SEED ?? 1);
const TICKS = 90000;
const REPORT_MS = 60000;

// Beside what the first tenth took, or what there is once the playlists are full.
const MEMORY_MB = 12;
const FULL_MS = 45000;

const steady = () => ['set width=32 height=16 gop=60 bframes=2', `jump ${WRAP
  - Math.min(3000, HOURS * 900) * TICKS}`, `play ${HOURS * 3600}`];

const FAULTS = [
  (r) => [`jump ${r.of([10, -10, 108000, -300000]) * TICKS}`],
  () => ['jump-to-wrap'],
  (r) => [`set twist=${r.between(0, 3)}`, 'restart'],
  (r) => [`set width=${r.of([16, 32, 48])} height=${r.of([16, 32])}`, 'restart'],
  (r) => [`set codec=${r.of(['h264', 'hevc'])}`, 'restart'],
  (r) => [`set audio_pid=${r.between(300, 310)}`],
  (r) => [`set video_pid=${r.between(400, 410)}`],
  (r) => [`damage ${r.of(['drop', 'count', 'error'])} ${r.between(1, 6)}`],
  (r) => [`garbage ${r.between(1, 5000)}`],
  (r) => ['pids 200', `nudge ${r.of([0, -30])}`],
  (r) => [`set gop=${r.between(20, 90)} bframes=${r.between(0, 3)} open=${r.between(0, 1)}`],
  (r) => [`reconnect ${r.between(0, 300)}`],
];

// A script of random episodes. The writer of the script knows where the timestamps are.
function troubled(seed) {
  const r = random(seed);
  const script = ['set width=32 height=16 gop=60 bframes=1'];
  let at = 1;
  for (let left = HOURS * 3600; left > 0;) {
    const seconds = Math.min(left, r.between(20, 600));
    script.push(`play ${seconds}`);
    left -= seconds;
    at += seconds;
    const lines = r.of(FAULTS)(r);
    for (const line of lines) {
      if (line === 'jump-to-wrap') {
        const ahead = WRAP / TICKS - at - r.between(5, 60);
        script.push(`jump ${Math.round(ahead * TICKS)}`);
        at += ahead;
      } else {
        const jump = /^jump (-?\d+)$/.exec(line);
        if (jump) at += Number(jump[1]) / TICKS;
        script.push(line);
      }
    }
    at %= WRAP / TICKS;
  }
  return [...script, 'play 5'];
}

test(`${HOURS} h of media in ${ROOMS} rooms, seed ${SEED}`, async (t) => {
  const relay = await startRelay(t, { env: { ROOMCAST_CLOCK_SCALE: `${SPEED}` },
    set: ['hls.window_segments=600', 'limits.feed_mbps=1000'] });
  const dir = scratch(t);
  const rooms = Array.from({ length: ROOMS }, (_, i) => {
    const room = `soak${i}`;
    const script = i === 0 ? steady() : troubled(SEED * 1000 + i);
    const push = markPush(t, relay, { room, script, dir, speed: SPEED, seed: SEED + i });
    const follower = new SlimFollower(relay.base, room, path.join(dir, `${room}.ledger`)).start();
    t.after(() => { follower.running = false; });
    return { room, push, follower, script };
  });
  const wholeMs = HOURS * 3600000 / SPEED;
  await sleep(Math.max(wholeMs / 10, FULL_MS));
  const inv = await Invariants.start(t, relay, { memoryMb: MEMORY_MB, settleMs: 20000 });
  const began = Date.now();
  const timer = setInterval(() => t.diagnostic(`${Math.round((Date.now() - began) / 1000)} s: ${
    rooms.map((x) => `${x.follower.ledger.sent} sent, ${x.follower.count} faults`).join('; ')}`),
  REPORT_MS);
  t.after(() => clearInterval(timer));
  const faults = [];
  for (const x of rooms) {
    const status = await x.push.wait(wholeMs * 3 + 60000);
    if (status.code !== 0) faults.push(`${x.room}: ${x.push.log} (${x.push.signal})`);
    const got = await x.follower.stop();
    t.diagnostic(`${x.room}: ${JSON.stringify(got)}`);
    if (x === rooms[0] && got.breaks) faults.push(`${x.room}: ${got.breaks} discontinuities`);
    faults.push(...x.follower.faults);
  }
  clearInterval(timer);
  assert.deepEqual(faults, []);
  await inv.end();
});

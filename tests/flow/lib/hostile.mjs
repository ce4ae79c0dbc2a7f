// Transport streams that no encoder sends, made to take a lot of whoever reads them.
// SPDX-License-Identifier: MIT
import { TsWriter } from './make-ts.mjs';
import { Child } from './child.mjs';
import { srtUrl } from './push.mjs';

const CHUNK = 1316;

// A generator with a seed, so that a failure can be repeated.
export function random(seed) {
  let x = seed;
  return () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0; };
}

const whole = (packets) => Buffer.concat(packets.slice(0, packets.length - packets.length % 7));

// Noise in which nothing is a packet for long.
export function garbage(bytes, seed = 7) {
  const next = random(seed);
  const b = Buffer.alloc(bytes - bytes % CHUNK);
  for (let i = 0; i + 4 <= b.length; i += 4) b.writeUInt32LE(next(), i);
  for (let i = 0; i < b.length; i += 188 * 3) b[i] = 0x47;
  return b;
}

// Every PID there is, as often: tables of 64 programs, and starts of PES packets everywhere.
export function allPids(rounds) {
  const w = new TsWriter();
  for (let r = 0; r < rounds; r++) {
    w.tables([[0x1b, 0x100], [0x0f, 0x101]], 40);
    for (let pid = 0; pid < 8192; pid++) {
      w.packet(pid, pid % 3 === 0, Buffer.from([0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0, r & 255]));
    }
  }
  return whole(w.packets);
}

// Real pictures, whose clock jumps to and fro at each: every one wants a segment of its own.
export function jumpingClock(pictures) {
  const w = new TsWriter();
  const next = random(3);
  w.tables([[0x1b, 0x100]]);
  for (let i = 0; i < pictures; i++) {
    if (i % 50 === 0) w.tables([[0x1b, 0x100]]);
    w.video(next() * 2 + (next() & 1), true, i + 1);
  }
  return whole(w.packets);
}

// Real pictures on a steady clock, large ones.
export function pictures(count, bytes) {
  const w = new TsWriter();
  for (let i = 0; i < count; i++) {
    if (i % 25 === 0) w.tables([[0x1b, 0x100]]);
    w.video(90000 + i * 3600, i % 25 === 0, i + 1);
    for (let n = 188; n < bytes; n += 184) w.packet(0x100, false, Buffer.alloc(184, 0x55));
  }
  return whole(w.packets);
}

// Sends bytes over and over at a rate of bytes a second (0: as fast as they are taken) for a while.
export async function flood(t, relay, room, bytes, rate, ms) {
  const push = new Child('srt-live-transmit', ['-q', '-ll', 'fatal', '-a:no', `-chunk:${CHUNK}`,
    'file://con', srtUrl(relay, { room })], { stdin: 'pipe' });
  t.after(() => push.signal('SIGKILL'));
  const began = Date.now();
  const { stdin } = push.process;
  let sent = 0;
  while (Date.now() - began < ms && !push.status) {
    const due = rate ? (Date.now() - began + 10) / 1000 * rate : Infinity;
    let ready = true;
    while (sent < due && ready && !push.status) {
      const at = sent % bytes.length;
      const end = Math.min(bytes.length, at + 64 * CHUNK);
      ready = stdin.write(bytes.subarray(at, end));
      sent += end - at;
    }
    await new Promise((r) => { setTimeout(r, 5); });
  }
  push.signal('SIGKILL');
  await push.exited;
  return sent;
}

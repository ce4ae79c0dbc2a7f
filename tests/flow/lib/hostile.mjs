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

// Real pictures of a size on a steady clock, which goes on by `step` of 1/90000 s with each.
export function pictures(count, bytes, step = 3600) {
  const w = new TsWriter();
  for (let i = 0; i < count; i++) {
    if (i % 25 === 0) w.tables([[0x1b, 0x100]]);
    w.video((90000 + i * step) % 2 ** 33, i % 25 === 0, i + 1);
    for (let n = 188; n < bytes; n += 184) w.packet(0x100, false, Buffer.alloc(184, 0x55));
  }
  return whole(w.packets);
}

async function sendUntil(push, bytes, rate, until) {
  const { stdin } = push.process;
  const began = Date.now();
  let sent = 0;
  while (Date.now() < until && !push.status) {
    const due = (Date.now() - began + 10) / 1000 * rate;
    let ready = true;
    while (sent < due && ready && !push.status) {
      const at = sent % bytes.length;
      const end = Math.min(bytes.length, at + 64 * CHUNK);
      ready = stdin.write(bytes.subarray(at, end));
      sent += end - at;
    }
    await new Promise((r) => { setTimeout(r, 5); });
  }
}

// Sends bytes over and over at a rate of bytes a second for a while; whenever it is sent away, it
// comes again, as encoders do. Resolves with how often it came.
export async function flood(t, relay, room, bytes, rate, ms) {
  const until = Date.now() + ms;
  let times = 0;
  for (; Date.now() < until; times++) {
    const push = new Child('srt-live-transmit', ['-q', '-ll', 'fatal', '-a:no', `-chunk:${CHUNK}`,
      'file://con', srtUrl(relay, { room })], { stdin: 'pipe' });
    t.after(() => push.signal('SIGKILL'));
    await sendUntil(push, bytes, rate, until);
    push.signal('SIGKILL');
    await push.exited;
    await new Promise((r) => { setTimeout(r, 200); });
  }
  return times;
}

// Bytes that are no transport stream, and a transport stream with damage.
// SPDX-License-Identifier: MIT
//
// EXPECTED: pure garbage never becomes a playlist and is ended with a line that names the room
// and says why; damage in one feed does not end the relay, and every undamaged access unit comes
// out in order; the control room loses nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { Child } from './lib/child.mjs';
import { startControl } from './lib/control.mjs';
import { get, sleep } from './lib/http.mjs';
import { srtUrl } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { watch } from './lib/situation.mjs';

// A generator with a seed, so that a failure can be repeated.
function random(seed) {
  let x = seed;
  return () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0; };
}

// Writes bytes to srt-live-transmit over about `ms`.
async function send(t, relay, room, bytes, ms) {
  const push = new Child('srt-live-transmit', ['-q', '-ll', 'error', '-a:no', '-chunk:1316',
    'file://con', srtUrl(relay, { room })], { stdin: 'pipe' });
  t.after(() => push.signal('SIGKILL'));
  const began = Date.now();
  for (let at = 0; at < bytes.length && !push.status;) {
    const due = Math.min(bytes.length, Math.ceil((Date.now() - began) / ms * bytes.length));
    push.process.stdin.write(bytes.subarray(at, due));
    at = due;
    await sleep(20);
  }
  push.process.stdin.end();
  setTimeout(() => push.signal('SIGTERM'), 1000);
  return push;
}

test('garbage', { concurrency: true }, async (t) => {
  const relay = await startRelay(t);
  const control = await startControl(t, relay);
  await Promise.all([
    t.test('random bytes', async () => {
      const next = random(7);
      const bytes = Buffer.from(Array.from({ length: 1316 * 1500 }, () => next() & 255));
      const push = await send(t, relay, 'noise', bytes, 11500);
      await push.wait(15000);
      const line = await relay.refusal('noise', /not|no |MPEG|media|TS\b|ended|closed/);
      assert.ok(line);
      assert.equal((await get(`${relay.base}/live/noise/index.m3u8`)).status, 404);
    }),
    t.test('sync bytes and nothing else', async () => {
      const bytes = Buffer.alloc(1316 * 600);
      for (let p = 0; p < bytes.length; p += 188) bytes.set([0x47, 0x40, 0, 0x10], p);
      await (await send(t, relay, 'hollow', bytes, 11000)).wait(15000);
      assert.equal((await get(`${relay.base}/live/hollow/index.m3u8`)).status, 404);
    }),
    t.test('flipped bits in one feed', async () => {
      const { copy, sent } = await clip('small');
      const bytes = Buffer.from(readFileSync(copy));
      const next = random(99);
      for (let i = 0; i < 40; i++) {
        bytes[20000 + next() % (bytes.length - 20000)] ^= 1 << (next() & 7);
      }
      const follower = watch(t, relay, 'damaged');
      await (await send(t, relay, 'damaged', bytes, 8000)).wait(15000);
      await sleep(1500);
      await follower.stop();
      const out = follower.track('video').samples.map((s) => s.sha1);
      const whole = sent.streams[0].aus.map((a) => a.sha1);
      const kept = out.filter((h) => whole.includes(h));
      assert.ok(kept.length > whole.length * 0.6, `${kept.length} of ${whole.length} came out`);
      assert.deepEqual(kept, whole.filter((h) => kept.includes(h)), 'in order, once');
    }),
  ]);
  await control.finish();
});

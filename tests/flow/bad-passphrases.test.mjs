// A room whose feed must be encrypted, and publishers with the wrong secret or none.
// SPDX-License-Identifier: MIT
//
// EXPECTED: wrong and missing passphrases are refused with one line that names the room; a
// surplus one is refused too; the right one publishes bit for bit; the control room loses nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { startControl } from './lib/control.mjs';
import { get } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';

const CONFIG = `rooms:
  list:
    - name: locked
      passphrase: "correct-horse-battery"
`;
const REASON = /passphrase|encrypt|secret/i;

test('passphrases', async (t) => {
  const relay = await startRelay(t, { config: CONFIG });
  const control = await startControl(t, relay);
  const source = await clip('tiny');
  const refused = async (room, query) => {
    const push = pushFfmpeg(t, relay, { clip: source, room, query });
    const { code } = await push.wait(8000);
    assert.notEqual(code, 0, 'the publisher is told');
    await relay.refusal(room, REASON);
    assert.equal((await get(`${relay.base}/live/${room}/index.m3u8`)).status, 404);
  };
  await t.test('wrong', () => refused('locked', { passphrase: 'wrong-horse-battery' }));
  await t.test('missing', () => refused('locked', {}));
  await t.test('surplus', () => refused('plain', { passphrase: 'nobody-asked-for-it' }));
  await t.test('right', async () => {
    const follower = watch(t, relay, 'locked');
    await endedWell(pushFfmpeg(t, relay, { room: 'locked', clip: source,
      query: { passphrase: 'correct-horse-battery', pbkeylen: 32 } }), source);
    await assertClean(follower, [source.sent]);
  });
  await control.finish();
  assert.ok(!/horse-battery|nobody-asked/.test(relay.log), 'no passphrase in the log');
});

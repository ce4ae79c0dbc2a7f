// What a database may hold and nobody can read is shut.
// SPDX-License-Identifier: MIT
//
// EXPECTED: an upgrade whose configuration has no store, or another one, keeps the store that there
// is until a restart: names with a key stay shut, also in new workers, and writes go on. An
// empty file where the database was is a damaged one, and a folder that cannot be looked into may
// hold one.
import assert from 'node:assert/strict';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { until } from './lib/http.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { callSrt, REJECT } from './lib/srt.mjs';
import { TOKEN, create, processOf, settings, write } from './lib/store.mjs';
import { exchangeable, upgrade } from './lib/upgrade.mjs';

const DOWN = 1503;
const code = async (relay, streamId) => (await callSrt(relay.srtPort, streamId)).code;

async function kill(relay, name) {
  const was = processOf(relay, name);
  try { process.kill(was, 'SIGKILL'); } catch { /* it went by itself */ }
  await until(`another ${name}`, 15000, () => ![was, undefined].includes(processOf(relay, name)));
}

test('an upgrade with another store', { timeout: 120000 }, async (t) => {
  const state = scratch(t);
  const config = (store) => `rooms:\n  open: true\nstate:\n  store: "${store}"\n`;
  const options = { config: config('auto'), state, token: TOKEN, restarts: null,
    errors: [/store /, /front_died/, /cannot be reached/, /crash_loop/], set: [`access.organizer_token=${TOKEN}`] };
  const relay = await exchangeable(t, options);
  await create(relay, 'kept');
  for (const store of ['none', path.join(scratch(t), 'other.db')]) {
    writeFileSync(relay.options.configFile, config(store));
    await upgrade(relay);
    for (const name of ['roomcast-store', 'roomcast-w0', 'roomcast-w1', 'roomcast-front']) {
      await kill(relay, name);
    }
    await relay.ready();
    for (let i = 0; i < 6; i++) assert.equal(await code(relay, 'kept'), REJECT.unauthorized, store);
    assert.ok((await settings(relay)).has('kept'));
    const r = await write(relay, 'PATCH', 'rooms/kept', { title: `with ${store.slice(-8)}` }, { patient: true });
    assert.equal(r.status, 200, r.text);
  }
});

test('an empty file', { timeout: 60000 }, async (t) => {
  const state = scratch(t);
  const relay = await startRelay(t, { state, token: TOKEN, errors: [/store /],
    set: [`access.organizer_token=${TOKEN}`] });
  await create(relay, 'kept');
  await relay.stop();
  relay.stopped = null;
  truncateSync(path.join(state, 'store.db'), 0);
  await relay.startAgain();
  await until('it to be said', 10000, () => relay.lines(/unusable .*damaged/)[0]);
  assert.equal(await code(relay, 'kept'), DOWN);
});

test('a folder that cannot be looked into', { timeout: 60000 }, async (t) => {
  const state = path.join(scratch(t), 'loop');
  symlinkSync(state, state);
  const relay = await startRelay(t, { state, errors: [/store /, / journal /] });
  assert.equal(await code(relay, 'kept'), DOWN);
});

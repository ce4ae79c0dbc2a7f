// 200 writes while the relay's processes are killed at random, and a store whose disk or file fails.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each write that was answered is there afterwards, whatever was killed; what was refused is
// not. A full disk and a damaged, newer or lost database are refused in words, and names that the
// database may know are shut while it cannot be read: nobody publishes there, though rooms.open is
// true. A list that was had once goes on being in force.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { sleep, until } from './lib/http.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { callSrt, REJECT } from './lib/srt.mjs';
import { TOKEN, create, processOf, settings, write } from './lib/store.mjs';

const WRITES = 200;
const DOWN = 1503;
const ERRORS = [/front_died/, /store /, /front_unreachable/, /crash_loop/, /cannot be reached/];
const options = (state, more = {}) => ({ state, token: TOKEN, restarts: null, errors: ERRORS,
  set: [`access.organizer_token=${TOKEN}`], ...more });
const said = (relay, pattern) => until(`${pattern} in the log`, 15000, () => relay.lines(pattern)[0]);
const kill = (pid) => { try { if (pid) process.kill(pid, 'SIGKILL'); } catch { /* it is gone */ } };
const code = async (relay, streamId) => (await callSrt(relay.srtPort, streamId)).code;

test('killed at random', { timeout: 240000 }, async (t) => {
  const relay = await startRelay(t, options(scratch(t)));
  const there = new Map();
  const maybe = new Map(); // not answered: it may have been done, or not
  const victims = ['roomcast-store', 'roomcast-front', 'roomcast-w0', 'roomcast-w1', 'all'];
  let killed = 0;
  for (let i = 0; i < WRITES; i++) {
    const name = `r${i % 40}`;
    const had = there.has(name);
    const title = `title ${i}`;
    const strike = i % 13 !== 3 ? null : sleep(Math.random() * 15).then(async () => {
      const victim = victims[killed++ % victims.length];
      if (victim !== 'all') return kill(processOf(relay, victim));
      await relay.killWhole();
      return relay.startAgain();
    });
    const r = had && i % 5 === 0 ? await write(relay, 'DELETE', `rooms/${name}`)
      : had ? await write(relay, 'PATCH', `rooms/${name}`, { title })
        : await write(relay, 'POST', 'rooms', { name, title });
    await strike;
    if (r.status === 201 || (r.status === 200 && r.json.name)) there.set(name, title);
    else if (r.status === 200) there.delete(name);
    else {
      maybe.set(name, true);
      await until('the relay to answer again', 20000, async () => {
        const all = await settings(relay).catch(() => null);
        if (!all) return false;
        if (all.has(name)) there.set(name, all.get(name).title); else there.delete(name);
        return (await write(relay, 'PATCH', 'rooms/nobody', { title })).status === 404;
      });
      // an unanswered write may have come later than that look
      const now = await settings(relay);
      if (now.has(name)) there.set(name, now.get(name).title); else there.delete(name);
    }
  }
  t.diagnostic(`${killed} kills, ${maybe.size} rooms had a write without an answer`);
  assert.ok(killed >= 15, `${killed} kills`);
  await relay.killWhole();
  await relay.startAgain();
  const all = await settings(relay);
  assert.deepEqual([...all].map(([name, s]) => [name, s.title]).sort(), [...there].sort());
});

test('a full disk', { timeout: 120000 }, async (t) => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'roomcast-store-'));
  t.after(async () => {
    await run('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'none', dir]);
  if (mounted.code !== 0) { t.skip(`nothing can be mounted here: ${mounted.log.trim()}`); return; }
  const relay = await startRelay(t, options('none', { set: [`access.organizer_token=${TOKEN}`,
    `state.store=${path.join(dir, 'store.db')}`] }));
  const made = await create(relay, 'before');
  assert.throws(() => writeFileSync(path.join(dir, 'filler'), Buffer.alloc(1 << 20)), { code: 'ENOSPC' });
  const full = await until('a write that is refused', 20000, async () => {
    const r = await write(relay, 'POST', 'rooms', { name: `n${Math.floor(Math.random() * 1e9)}`,
      title: 'x'.repeat(120) });
    return r.status !== 201 && r.status !== 429 && r;
  });
  assert.equal(full.status, 503, full.text);
  assert.match(full.json.detail, /disk is full/);
  const held = (await settings(relay)).size;
  assert.equal((await write(relay, 'PATCH', 'rooms/before', { title: 'y'.repeat(120) })).status, 503);
  assert.equal((await settings(relay)).get('before').title, null, 'half of a write');
  assert.equal((await callSrt(relay.srtPort, made.stream_id)).accepted, true, 'who is known publishes');
  rmSync(path.join(dir, 'filler'));
  assert.equal((await write(relay, 'PATCH', 'rooms/before', { title: 'after' }, { patient: true })).status, 200);
  assert.equal((await settings(relay)).size, held);
});

test('a database that cannot be read', { timeout: 240000 }, async (t) => {
  const state = scratch(t);
  const file = path.join(state, 'store.db');
  const relay = await startRelay(t, options(state));
  const made = await create(relay, 'kept');
  assert.equal((await callSrt(relay.srtPort, 'anybody')).accepted, true, 'rooms.open is true');
  assert.equal((await callSrt(relay.srtPort, 'kept')).code, REJECT.unauthorized);

  await t.test('lost while the relay runs: what is known holds, also in new processes', async () => {
    renameSync(file, `${file}.away`);
    const r = await until('a write that is refused', 15000, async () => {
      const got = await write(relay, 'POST', 'rooms', { name: 'other' });
      return got.status === 503 && got;
    });
    assert.match(r.json.detail, /taken away|gone/);
    for (const name of ['roomcast-store', 'roomcast-front', 'roomcast-w0', 'roomcast-w1']) {
      const was = processOf(relay, name);
      kill(was);
      await until(`another ${name}`, 10000, () => ![was, undefined].includes(processOf(relay, name)));
    }
    await relay.ready();
    assert.equal(await code(relay, 'kept'), REJECT.unauthorized);
    assert.equal((await write(relay, 'POST', 'rooms', { name: 'other' })).status, 503);
    renameSync(`${file}.away`, file);
    assert.equal((await write(relay, 'PATCH', 'rooms/kept', { title: 'found' }, { patient: true })).status, 200);
  });

  const shut = async (change, pattern) => {
    await relay.stop();
    relay.stopped = null;
    const good = readFileSync(file);
    change(Buffer.from(good));
    const bad = readFileSync(file);
    await relay.startAgain();
    await said(relay, pattern);
    assert.equal(await code(relay, 'kept'), DOWN, 'a room that the database knows');
    assert.equal(await code(relay, made.stream_id), DOWN, 'even with its key');
    const r = await write(relay, 'POST', 'rooms', { name: 'new' });
    assert.equal(r.status, 503, r.text);
    assert.ok(readFileSync(file).equals(bad), 'it is left as it is');
    await relay.stop();
    relay.stopped = null;
    writeFileSync(file, good);
    await relay.startAgain();
    assert.equal((await settings(relay)).get('kept').title, 'found');
  };
  await t.test('damaged', () => shut((bytes) => {
    bytes.fill(0x5a, 200, 4000);
    bytes.fill(0x5a, 4200, 8000);
    writeFileSync(file, bytes);
  }, /unusable .*damaged/));
  await t.test('no database at all', () => shut(() => writeFileSync(file, 'x'.repeat(9000)),
    /unusable .*no database of Roomcast/));
  await t.test('of a newer program', () => shut((bytes) => {
    bytes.writeUInt32BE(99, 60);
    writeFileSync(file, bytes);
  }, /unusable .*newer program/));
});

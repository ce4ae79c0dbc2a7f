// The ledger of usage, and the audit trail, read by the API.
// SPDX-License-Identifier: MIT
//
// EXPECTED: what a room used stands in the ledger a few seconds later, and only once, whatever is
// killed or exchanged meanwhile: totals never fall, a feed that goes on is one session, and bytes are
// those that came. The table is RFC 4180, bad queries are refused by the name of what is wrong, and
// the audit trail says who made, changed and closed a room. Without a store, or with usage_days 0,
// that is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask } from './lib/console.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { TOKEN, create, processOf, write } from './lib/store.mjs';
import { exchangeable, upgrade } from './lib/upgrade.mjs';

const READER = 'somebody-who-only-looks';
const NUMBERS = ['sessions', 'live_ms', 'bytes_in', 'bytes_out', 'viewers_peak', 'watch_ms'];
const ERRORS = [/front_died/, /store /, /front_unreachable/, /crash_loop/];
const LATE_MS = 9000; // a batch, a second, and a machine that has other things to do

// RFC 4180 → rows of fields
function parse(csv) {
  const rows = [[]];
  for (let at = 0; at < csv.length;) {
    const quoted = /^"((?:[^"]|"")*)"(,|\r\n)/.exec(csv.slice(at));
    const plain = /^([^",\r\n]*)(,|\r\n)/.exec(csv.slice(at));
    const m = quoted ?? plain;
    assert.ok(m, `not RFC 4180 at ${at}: ${csv.slice(at, at + 40)}`);
    rows.at(-1).push(quoted ? m[1].replaceAll('""', '"') : m[1]);
    if (m[2] === '\r\n') rows.push([]);
    at += m[0].length;
  }
  assert.deepEqual(rows.pop(), [], 'the last line ends');
  return rows;
}

// The room's total; asked again while the relay cannot say.
const used = (relay, room) => until(`the usage of ${room}`, 20000, async () => {
  const r = await ask(relay, `usage?room=${room}`).catch(() => null);
  return r?.status === 200 && r.json.total;
});
const bytesOf = async (relay, room) => (await ask(relay, `rooms/${room}`)).json?.feed?.stats.bytes ?? 0;

test('what a room used', { timeout: 180000 }, async (t) => {
  const relay = await exchangeable(t, { state: scratch(t), token: TOKEN, restarts: null,
    errors: ERRORS, set: [`access.organizer_token=${TOKEN}`, `access.reader_token=${READER}`] });
  const push = pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 1000 });
  await until('the room', 20000, async () => (await ask(relay, 'rooms/hall')).json?.state === 'live');
  const began = Date.now();
  let before = await until('the first rows', 15000, async () => {
    const total = await used(relay, 'hall');
    return total.live_ms > 3000 && total.bytes_in > 0 && total;
  });
  let gone = 0; // bytes that a front had counted when it died

  // What is there now, against what is true now; and nothing has fallen.
  const look = async (what) => {
    await sleep(LATE_MS);
    const total = await used(relay, 'hall');
    const live = Date.now() - began;
    const bytes = gone + await bytesOf(relay, 'hall');
    const rate = before.bytes_in / before.live_ms;
    for (const name of NUMBERS) assert.ok(total[name] >= before[name], `${what}: ${name} fell`);
    assert.equal(total.sessions, 1, `${what}: ${JSON.stringify(total)}`);
    assert.ok(total.live_ms <= live + 2500, `${what}: ${total.live_ms} ms of ${live} live`);
    assert.ok(total.bytes_in <= bytes + rate * 2000, `${what}: ${total.bytes_in} of ${bytes} bytes`);
    before = total;
    return { live, bytes, rate, total };
  };

  await t.test('in time', async () => {
    const { live, bytes, rate, total } = await look('at first');
    assert.ok(total.live_ms > live - LATE_MS, `${total.live_ms} ms of ${live}`);
    assert.ok(total.bytes_in > bytes - LATE_MS * rate, `${total.bytes_in} of ${bytes} bytes`);
  });

  await t.test('the store is killed', async () => {
    const pid = processOf(relay, 'roomcast-store');
    process.kill(pid, 'SIGKILL');
    await until('another store', 10000, () => ![undefined, pid].includes(processOf(relay, 'roomcast-store')));
    const { live, total } = await look('after the store');
    assert.ok(total.live_ms > live - LATE_MS - 6000, `${total.live_ms} ms of ${live}`);
  });

  await t.test('the front is killed', async () => {
    const pid = processOf(relay, 'roomcast-front');
    gone += await bytesOf(relay, 'hall');
    process.kill(pid, 'SIGKILL');
    await until('the room again', 20000, async () => (
      (await ask(relay, 'rooms/hall').catch(() => null))?.json?.state === 'live'));
    const { live, bytes, rate, total } = await look('after the front');
    assert.ok(total.live_ms > live - 2 * LATE_MS - 6000, `${total.live_ms} ms of ${live}`);
    assert.ok(total.bytes_in > bytes - 2 * LATE_MS * rate, `${total.bytes_in} of ${bytes} bytes`);
  });

  await t.test('an upgrade', async () => {
    const was = before;
    await upgrade(relay);
    const { total } = await look('after the upgrade');
    assert.ok(total.live_ms > was.live_ms + 5000, 'it goes on');
  });

  await t.test('the feed ends', async () => {
    gone += await bytesOf(relay, 'hall');
    await push.term();
    const { total } = await look('at the end');
    await sleep(1500);
    assert.deepEqual(await used(relay, 'hall'), total);
  });

  await t.test('the table', async () => {
    const { json } = await ask(relay, 'usage', { token: READER });
    const csv = await ask(relay, 'usage.csv', { token: READER });
    assert.match(csv.headers.get('content-type'), /^text\/csv/);
    assert.match(csv.headers.get('content-disposition'), /attachment/);
    const [head, ...rows] = parse(csv.text);
    assert.deepEqual(head, ['day', 'room', ...NUMBERS]);
    assert.deepEqual(rows, json.rows.map((r) => head.map((name) => `${r[name]}`)));
    assert.ok(rows.length >= 1 && rows.length <= 2, 'a day, or two about midnight');
    for (const name of ['sessions', 'live_ms', 'bytes_in']) {
      assert.equal(json.rows.reduce((n, r) => n + r[name], 0), json.total[name], name);
    }
    assert.equal((await ask(relay, 'usage?room=nobody')).json.rows.length, 0);
    assert.equal((await ask(relay, 'usage?from=2001-01-01&to=2001-01-31')).json.rows.length, 0);
    assert.equal((await ask(relay, 'usage', { token: 'wrong-token-00000' })).status, 401);
  });

  await t.test('what is refused', async () => {
    const bad = [['usage?colour=red', 'colour'], ['usage?from=yesterday', 'from'],
      ['usage.csv?to=2026-02-30', 'to'], ['usage?room=a%20b', 'room'],
      ['usage?room=a&room=a', 'room'], ['usage?from=2020-01-01&to=2026-01-01', 'from'],
      ['usage?from=2026-02-01&to=2026-01-01', 'from'], ['audit?limit=0', 'limit'],
      ['audit?after=-1', 'after'], ['audit?room=hall', 'room'], [`usage?room=${'a'.repeat(400)}`]];
    for (const [path, field] of bad) {
      const r = await ask(relay, path);
      assert.equal(r.status, 400, `${path}: ${r.text}`);
      assert.equal(r.json.field, field, r.text);
      assert.ok(r.json.detail.length > 10, r.text);
    }
    const r = await ask(relay, 'audit', { token: READER });
    assert.equal(r.status, 403);
  });

  await t.test('the audit trail', async () => {
    await create(relay, 'annex', { title: 'Annex' });
    await write(relay, 'PATCH', 'rooms/annex', { title: 'The Annex', part_ms: 400 });
    await write(relay, 'DELETE', 'rooms/annex');
    const { json } = await ask(relay, 'audit');
    assert.deepEqual(json.entries.map((e) => [e.who, e.act, e.room, e.detail]), [
      ['organizer@127.0.0.1', 'create', 'annex', 'title'],
      ['organizer@127.0.0.1', 'change', 'annex', json.entries[1].detail],
      ['organizer@127.0.0.1', 'close', 'annex', '']]);
    assert.deepEqual(json.entries[1].detail.split(' ').sort(), ['part_ms', 'title']);
    assert.ok(Math.abs(Date.parse(json.entries[0].at) - Date.now()) < 60000);
    const rest = await ask(relay, `audit?after=${json.entries[0].id}&limit=1`);
    assert.deepEqual(rest.json.entries, [json.entries[1]]);
  });

  await t.test('the document', async () => {
    const { json } = await ask(relay, 'openapi.json');
    const { get } = json.paths['/api/v1/usage'];
    assert.deepEqual(get.parameters.map((p) => [p.name, p.in]),
      [['from', 'query'], ['to', 'query'], ['room', 'query']]);
    assert.ok(json.paths['/api/v1/usage.csv'].get.responses['200'].content['text/csv; charset=utf-8']);
    const row = (await ask(relay, 'usage')).json.rows[0];
    assert.deepEqual(json.components.schemas.UsageRow.required, Object.keys(row));
    const entry = (await ask(relay, 'audit')).json.entries[0];
    assert.deepEqual(json.components.schemas.AuditEntry.required, Object.keys(entry));
  });
});

test('nothing is counted', async (t) => {
  const off = await startRelay(t, { state: scratch(t), set: ['state.usage_days=0'] });
  const r = await ask(off, 'usage');
  assert.equal(r.status, 404);
  assert.match(r.json.detail, /state\.usage_days is 0/);
  assert.equal((await ask(off, 'openapi.json')).status, 200);
  const none = await startRelay(t, { state: 'none', set: ['state.store=none'] });
  const n = await ask(none, 'usage.csv');
  assert.equal(n.status, 404);
  assert.match(n.json.detail, /no store/);
});

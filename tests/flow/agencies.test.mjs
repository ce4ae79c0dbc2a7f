// Two agencies, an organizer, and who sees and touches which rooms.
// SPDX-License-Identifier: MIT
//
// EXPECTED: an agency sees, hears of and touches its own rooms only, at every address of the API;
// a room of others is answered like one that is not there. It makes rooms with its own prefix only.
// A token that is changed opens nothing and keeps nothing open.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask, listen } from './lib/console.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { TOKEN, create, processOf, settings, write } from './lib/store.mjs';
import { exchangeable, upgrade } from './lib/upgrade.mjs';

const NORTH = 'admin-of-the-north';
const NORTH_READER = 'reader-of-the-north';
const SOUTH = 'admin-of-the-south';
const READER = 'somebody-who-only-looks';
const EVIL = `'); DROP TABLE rooms;-- <b>南</b>`;

const CONFIG = `rooms:
  list:
    - {name: south-listed, title: "Southern secret", key: "key-of-the-south"}
    - {name: north-listed, key: "key-of-the-north"}
agencies:
  list:
    - {name: south, title: "${EVIL}", prefix: south-, token: ${SOUTH}}
    - name: north
      title: "The North"
      prefix: north-
      token: ${NORTH}
      reader_token: ${NORTH_READER}
      window: 10m
access:
  organizer_token: ${TOKEN}
  reader_token: ${READER}
`;

const start = (t, config = CONFIG) => startRelay(t, { config, state: scratch(t), token: TOKEN });
const as = (relay, token, method, path, body) => ask(relay, path,
  { token, method, body: body === undefined ? undefined : JSON.stringify(body) });
const lives = (relay, room) => until(`${room} to live`, 20000, async () => (
  (await ask(relay, `rooms/${room}`)).json?.state === 'live'));
const names = async (relay, token, where = 'rooms') => (
  (await as(relay, token, 'GET', where)).json.rooms.map((r) => r.name));
const METHODS = ['get', 'post', 'patch', 'delete'];

test('an agency cannot see or touch what is another’s', { timeout: 120000 }, async (t) => {
  const relay = await start(t);
  const small = await clip('small');
  const hidden = ['south', 'Southern', 'DROP', 'hall', READER, TOKEN, NORTH, SOUTH];
  await create(relay, 'south-made', { title: 'Southern' });
  await create(relay, 'hall');
  for (const room of ['south-live', 'north-live']) {
    pushFfmpeg(t, relay, { room, clip: small, loop: 200 });
  }
  await lives(relay, 'south-live');
  await lives(relay, 'north-live');

  const { json: api } = await ask(relay, 'openapi.json');
  const before = await ask(relay, 'settings');
  for (const [path, methods] of Object.entries(api.paths)) {
    const where = path.replace('/api/v1/', '');
    const parameter = /\{(\w+)\}/.exec(where)?.[1];
    assert.ok([undefined, 'room', 'agency'].includes(parameter), `${path}: teach this test`);
    for (const method of METHODS.filter((m) => m in methods)) {
      const body = method === 'get' ? undefined : { role: 'main', title: EVIL, name: 'south-x' };
      const send = (token, name) => as(relay, token, method.toUpperCase(),
        where.replace(/\{\w+\}/, name), parameter ? body : body && { ...body, name: 'south-new' });
      if (where === 'events') continue; // below
      if (where === 'openapi.json') continue; // the same for all
      for (const token of [NORTH, NORTH_READER]) {
        if (!parameter) {
          const r = await send(token);
          assert.ok([200, 403, 422].includes(r.status), `${method} ${path}: ${r.text}`);
          if (r.status === 422) assert.match(r.json.detail, /begins with "north-"/);
          else for (const word of hidden) assert.ok(!r.text.includes(word), `${method} ${path} tells ${word}: ${r.text}`);
          continue;
        }
        const others = parameter === 'room'
          ? ['south-live', 'south-made', 'south-listed', 'south-none', 'hall', 'nothing', 'north', 'north%2Dlive']
          : ['south', 'nobody'];
        const answers = [];
        for (const name of others) answers.push(await send(token, name));
        for (const r of answers) {
          const status = token === NORTH || method === 'get' ? [404, 403] : [403];
          assert.ok(status.includes(r.status), `${method} ${path}: ${r.status} ${r.text}`);
          assert.equal(r.text, answers[0].text, `${method} ${path} tells who is there`);
        }
        if (parameter === 'room' && token === NORTH) assert.equal(answers[0].status, 404);
      }
    }
  }
  assert.equal((await ask(relay, 'settings')).text, before.text, 'something was changed');
  assert.equal((await ask(relay, 'rooms/south-live')).json.state, 'live', 'it was left alone');

  for (const path of ['/metrics', '/api/v1/debug']) {
    const r = await fetch(`${relay.base}${path}`, { headers: { Authorization: `Bearer ${NORTH}` } });
    assert.equal(r.status, 403, path);
    assert.match((await r.json()).detail, /organizer's to see/);
  }
});

test('what an agency may do', { timeout: 120000 }, async (t) => {
  const relay = await start(t);
  const small = await clip('small');
  const me = async (token) => (await as(relay, token, 'GET', 'me')).json;
  assert.deepEqual(await me(NORTH), { role: 'agency', may_act: true,
    agency: { name: 'north', title: 'The North', prefix: 'north-' } });
  assert.equal((await me(NORTH_READER)).role, 'agency-reader');
  assert.deepEqual(await me(TOKEN), { role: 'organizer', may_act: true, agency: null });
  assert.deepEqual(await me(READER), { role: 'reader', may_act: false, agency: null });
  assert.equal((await me(SOUTH)).agency.title, EVIL);

  const outside = await as(relay, NORTH, 'POST', 'rooms', { name: 'south-1' });
  assert.equal(outside.status, 422);
  assert.equal(outside.json.field, 'name');
  const made = await as(relay, NORTH, 'POST', 'rooms', { name: 'north-1', title: EVIL });
  assert.equal(made.status, 201, made.text);
  assert.equal((await as(relay, NORTH_READER, 'POST', 'rooms', { name: 'north-2' })).status, 403);
  assert.deepEqual(await names(relay, NORTH, 'settings'), ['north-1', 'north-listed']);
  assert.deepEqual([...(await settings(relay)).keys()], ['north-1', 'north-listed', 'south-listed']);
  for (const token of [NORTH, TOKEN]) { // its window is for everybody who sets it
    const long = await as(relay, token, 'PATCH', 'rooms/north-1', { window: '11m' });
    assert.equal(long.status, 422);
    assert.match(long.json.detail, /window: expected at most 10m, which is the longest that north/);
  }
  assert.equal((await as(relay, NORTH, 'PATCH', 'rooms/north-1', { window: '10m' })).status, 200);
  const file = await as(relay, NORTH, 'PATCH', 'rooms/north-listed', { title: 'x' });
  assert.equal(file.status, 409);

  const heard = { north: await listen(t, relay, NORTH), all: await listen(t, relay, TOKEN),
    south: await listen(t, relay, SOUTH) };
  const push = pushFfmpeg(t, relay, { streamId: made.json.stream_id, clip: small, loop: 200 });
  pushFfmpeg(t, relay, { room: 'south-2', clip: small, loop: 200 });
  pushFfmpeg(t, relay, { room: 'hall', clip: small, loop: 200 });
  const live = (who, room) => until(`${room} to be heard of by ${who}`, 20000, () => (
    heard[who].events.find((e) => e.event === 'room' && e.data.name === room && e.data.state === 'live')));
  await Promise.all([live('north', 'north-1'), live('south', 'south-2'), live('all', 'north-1'),
    live('all', 'south-2'), live('all', 'hall')]);
  const told = (who) => [...new Set(heard[who].events.filter((e) => e.event !== 'rooms')
    .map((e) => e.data.name))];
  assert.deepEqual(told('north'), ['north-1']);
  assert.deepEqual(told('south'), ['south-2']);
  const late = await listen(t, relay, NORTH_READER);
  await until('the first event', 5000, () => late.events.length);
  assert.deepEqual(late.events[0].data.rooms.map((r) => [r.name, r.agency]), [['north-1', 'north']]);
  assert.deepEqual(await names(relay, NORTH), ['north-1']);
  assert.deepEqual(await names(relay, READER), ['hall', 'north-1', 'south-2']);
  assert.equal((await as(relay, NORTH, 'GET', 'rooms/north-1')).json.agency, 'north');
  assert.equal((await ask(relay, 'rooms/hall')).json.agency, null);
  const wall = await until('the wall', 8000, async () => {
    const list = JSON.parse((await get(`${relay.base}/live/rooms.json`)).body).rooms;
    return list.length === 3 && list;
  });
  assert.deepEqual(wall.map((r) => r.agency), [undefined, 'The North', EVIL]);

  assert.equal((await as(relay, NORTH_READER, 'POST', 'rooms/north-1/kick', {})).status, 403);
  assert.deepEqual((await as(relay, NORTH, 'POST', 'rooms/north-1/kick', {})).json, { kicked: 1 });
  await push.exited;
  assert.equal(relay.lines(/kicked .*by=agency\/north@127\.0\.0\.1/).length, 1);
  const key = await as(relay, NORTH, 'POST', 'rooms/north-1/key', {});
  assert.equal(key.status, 200, key.text);
  assert.equal((await as(relay, NORTH, 'DELETE', 'rooms/north-1')).status, 200);
  await until('the end to be heard of', 5000, () => heard.north.events.find((e) => e.event === 'gone'));
  assert.ok(!told('south').includes('north-1'));

  // another token, by a reload
  writeFileSync(relay.options.configFile, CONFIG.replace(NORTH, 'another-admin-now'));
  relay.child.signal('SIGHUP');
  await until('the streams’ end', 8000, () => heard.north.ended && late.ended);
  assert.equal((await as(relay, NORTH, 'GET', 'rooms')).status, 401);
  assert.equal((await as(relay, 'another-admin-now', 'GET', 'rooms')).status, 200);
  assert.equal((await as(relay, SOUTH, 'GET', 'rooms')).status, 200);
  assert.ok(![NORTH, SOUTH, NORTH_READER].some((k) => relay.log.includes(k)), 'a token is in the log');
});

test('agencies’ tokens alone shut the door', async (t) => {
  const relay = await startRelay(t, { set: [`agencies.list.a.token=${NORTH}`,
    'agencies.list.a.prefix=a-', 'state.store=none'], token: null });
  t.after(() => { relay.options.token = null; });
  relay.metric = async () => undefined; // nobody may read them
  assert.equal((await ask(relay, 'rooms', { token: null })).status, 401);
  assert.equal((await as(relay, NORTH, 'GET', 'rooms')).status, 200);
  for (let i = 0; i < 12; i++) await as(relay, `${NORTH}${i}`, 'GET', 'rooms');
  assert.equal((await as(relay, `${NORTH}x`, 'GET', 'rooms')).status, 429);
  assert.equal((await as(relay, NORTH, 'GET', 'rooms')).status, 200, 'a right one never waits');
  assert.equal((await write({ ...relay, options: { token: NORTH } }, 'POST', 'rooms', { name: 'a-1' })).status, 503);
});

// By the API. → the answer with its token
async function makeAgency(relay, name, more = {}) {
  const r = await write(relay, 'POST', 'agencies', { name, prefix: `${name}-`, ...more });
  assert.equal(r.status, 201, r.text);
  assert.match(r.json.token, /^[0-9a-f]{32}$/);
  assert.equal(r.json.role, 'admin');
  return r.json;
}

test('agencies of the API', { timeout: 120000 }, async (t) => {
  const state = scratch(t);
  const relay = await exchangeable(t, { config: CONFIG, state, token: TOKEN, restarts: null,
    errors: [/store/, /died/] });
  const west = await makeAgency(relay, 'west', { title: EVIL, window: '20m', max_live_rooms: 7 });
  await makeAgency(relay, 'east');
  const reader = (await write(relay, 'POST', 'agencies/west/token', { role: 'reader' })).json;
  assert.equal(reader.role, 'reader');

  await t.test('what is refused', async () => {
    const before = (await ask(relay, 'agencies')).text;
    const bad = [
      ['POST', 'agencies', { name: 'west', prefix: 'other-' }, 409],
      ['POST', 'agencies', { name: 'north', prefix: 'other-' }, 409],
      ['POST', 'agencies', { name: 'x', prefix: 'west-1' }, 422, 'prefix'],
      ['POST', 'agencies', { name: 'x', prefix: 'we' }, 422, 'prefix'],
      ['POST', 'agencies', { name: 'x', prefix: 'north-x' }, 422, 'prefix'],
      ['POST', 'agencies', { name: 'x', prefix: EVIL }, 422, 'prefix'],
      ['POST', 'agencies', { name: EVIL, prefix: 'x-' }, 422, 'name'],
      ['POST', 'agencies', { name: 'x' }, 422, 'prefix'],
      ['POST', 'agencies', { prefix: 'x-' }, 422, 'name'],
      ['POST', 'agencies', { name: 'x', prefix: 'x-', token: 'my-own-token-of-sixteen' }, 422, 'token'],
      ['POST', 'agencies', { name: 'x', prefix: 'x-', max_live_rooms: 0 }, 422, 'max_live_rooms'],
      ['POST', 'agencies', { name: 'x', prefix: 'x-', max_live_rooms: '3' }, 422, 'max_live_rooms'],
      ['POST', 'agencies', { name: 'x', prefix: 'x-', title: 'a\nb' }, 422, 'title'],
      ['POST', 'agencies', { name: 'x', prefix: 'x-', [EVIL]: 1 }, 400],
      ['PATCH', 'agencies/west', { prefix: 'x-' }, 422, 'prefix'],
      ['PATCH', 'agencies/west', {}, 422],
      ['PATCH', 'agencies/west', { title: ['x'] }, 400],
      ['PATCH', 'agencies/north', { title: 'x' }, 409],
      ['PATCH', 'agencies/nobody', { title: 'x' }, 404],
      ['DELETE', 'agencies/nobody', undefined, 404],
      ['DELETE', 'agencies/south', undefined, 409],
      ['POST', 'agencies/west/token', {}, 422, 'role'],
      ['POST', 'agencies/west/token', { role: 'organizer' }, 422, 'role'],
      ['POST', 'agencies/nobody/token', { role: 'admin' }, 404],
      ['PUT', 'agencies/west', { title: 'x' }, 405],
    ];
    for (const [method, where, body, status, field] of bad) {
      const r = await write(relay, method, where, body);
      assert.equal(r.status, status, `${method} ${where} ${JSON.stringify(body)}: ${r.text}`);
      if (status !== 405) assert.equal(r.json.field, field, r.text);
    }
    for (const token of [west.token, reader.token, NORTH, READER]) {
      for (const [method, where, body] of bad.filter(([m]) => m !== 'PUT')) {
        const r = await as(relay, token, method, where, body);
        assert.ok([403, 404].includes(r.status), `${method} ${where}: ${r.text}`);
      }
    }
    assert.equal((await ask(relay, 'agencies')).text, before, 'something was kept');
  });

  await t.test('who sees which', async () => {
    const all = (await ask(relay, 'agencies')).json.agencies;
    assert.deepEqual(all.map((a) => [a.name, a.source]).sort(),
      [['east', 'api'], ['north', 'file'], ['south', 'file'], ['west', 'api']]);
    const own = (await as(relay, west.token, 'GET', 'agencies')).json.agencies;
    assert.deepEqual(own, [{ source: 'api', name: 'west', title: EVIL, prefix: 'west-', token: true,
      reader_token: true, max_live_rooms: 7, room_mbps: null, total_mbps: null, window: '20m' }]);
    assert.equal((await as(relay, west.token, 'GET', 'agencies/west')).json.name, 'west');
    assert.equal((await as(relay, west.token, 'GET', 'agencies/east')).status, 404);
    assert.equal((await as(relay, reader.token, 'GET', 'me')).json.role, 'agency-reader');
    assert.equal((await as(relay, west.token, 'POST', 'rooms', { name: 'west-1' })).status, 201);
    assert.equal((await as(relay, reader.token, 'POST', 'rooms', { name: 'west-2' })).status, 403);
    assert.equal((await as(relay, west.token, 'POST', 'rooms', { name: 'west-3', window: '21m' })).status, 422);
    const shown = [(await ask(relay, 'agencies')).text, relay.log];
    assert.ok(!shown.some((s) => s.includes(west.token) || s.includes(reader.token)), 'a token is shown');
    for (const file of readdirSync(state)) {
      assert.ok(!readFileSync(path.join(state, file)).includes(west.token), `the token is in ${file}`);
    }
  });

  await t.test('another token', async () => {
    const heard = await listen(t, relay, west.token);
    const next = (await write(relay, 'POST', 'agencies/west/token', { role: 'admin' })).json;
    assert.equal((await as(relay, west.token, 'GET', 'rooms')).status, 401);
    assert.equal((await as(relay, next.token, 'GET', 'rooms')).status, 200);
    assert.equal((await as(relay, reader.token, 'GET', 'rooms')).status, 200);
    await until('the stream’s end', 5000, () => heard.ended);
    west.token = next.token;
  });

  await t.test('an upgrade, kills of the store and a restart', async () => {
    await upgrade(relay);
    assert.equal((await as(relay, west.token, 'GET', 'me')).json.agency.name, 'west');
    const made = new Set();
    for (let i = 0; i < 20; i++) {
      if (i % 5 === 2) process.kill(processOf(relay, 'roomcast-store'), 'SIGKILL');
      const r = await write(relay, 'POST', 'agencies', { name: `k${i}`, prefix: `k${i}-` }, { patient: true });
      if (r.status === 201) made.add(`k${i}`); // 409: it was kept, but not answered
      else assert.equal(r.status, 409, r.text);
    }
    await relay.killWhole();
    await relay.startAgain();
    const all = new Map((await ask(relay, 'agencies')).json.agencies.map((a) => [a.name, a]));
    for (const name of made) assert.ok(all.has(name), `${name} was answered and is gone`);
    assert.ok(made.size >= 15, `${made.size}`);
    assert.equal(all.get('west').title, EVIL);
    assert.deepEqual(await names(relay, west.token, 'settings'), ['west-1']);
  });

  await t.test('the end of one', async () => {
    const busy = await write(relay, 'DELETE', 'agencies/west');
    assert.equal(busy.status, 409);
    assert.match(busy.json.detail, /it has rooms, such as west-1: close them first/);
    assert.equal((await as(relay, west.token, 'DELETE', 'rooms/west-1')).status, 200);
    assert.equal((await write(relay, 'DELETE', 'agencies/west')).status, 200);
    assert.equal((await as(relay, west.token, 'GET', 'rooms')).status, 401);
    assert.equal((await as(relay, reader.token, 'GET', 'rooms')).status, 401);
  });
});

const QUOTAS = `agencies:
  list:
    - {name: few, prefix: few-, max_live_rooms: 1}
    - {name: fast, prefix: fast-, room_mbps: 3}
    - {name: sum, prefix: sum-, total_mbps: 2}
access:
  organizer_token: ${TOKEN}
`;

test('what an agency’s rooms may take', { timeout: 120000 }, async (t) => {
  const relay = await start(t, QUOTAS);
  const small = await clip('small');
  const large = await clip('h264-bframes-1080p');
  const push = (room, what, more = '') => pushFfmpeg(t, relay, { streamId: `${room}${more}`, clip: what, loop: 200 });
  const fast = push('fast-a', large);
  const sum = push('sum-a', large);
  const first = push('few-a', small);
  await lives(relay, 'few-a');

  const second = push('few-b', small);
  await until('the second room’s end', 10000, () => second.status);
  await relay.refusal('few-b', /agency few has 1 rooms live, its max_live_rooms: end a feed, or ask the organizer for more/);
  assert.equal((await ask(relay, 'rooms/few-b')).status, 404);
  const backup = push('few-a', small, '?role=backup');
  await until('the backup', 10000, async () => (await ask(relay, 'rooms/few-a')).json.on_air.standby);
  push('other', small);
  await lives(relay, 'other'); // the organizer's
  const next = push('few-a', small, '?role=main');
  await until('the takeover', 10000, () => first.status);
  assert.equal(next.status, null, 'who replaces a feed takes no more');
  await Promise.all([next.term(), backup.term()]);
  await until('the room to be free', 15000, async () => {
    const { json } = await ask(relay, 'rooms/few-a');
    return json.feed === null && json.on_air.standby === null;
  });
  const again = push('few-b', small);
  await lives(relay, 'few-b');

  await until('what the sum takes', 10000, async () => (await ask(relay, 'rooms/sum-a')).json.feed.stats.bitrate_bps > 2.5e6);
  const more = push('sum-b', small);
  await until('its refusal', 10000, () => more.status);
  await relay.refusal('sum-b', /agency sum takes \d+ Mb\/s, its total_mbps is 2: end a feed, or ask/);
  assert.equal(sum.status, null, 'who is on air is left alone');

  await until('the doctor’s word', 15000, () => relay.lines(/room\/fast-a unhealthy finding=bitrate/)[0]);
  await until('the end of what is too fast', 30000, () => fast.status);
  await relay.refusal('fast-a', /more than its agency's room_mbps for 10 s: lower the encoder's bitrate/);
  assert.equal(sum.status, null);
  assert.equal(again.status, null);
});

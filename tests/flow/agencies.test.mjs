// Two agencies, an organizer, and who sees and touches which rooms.
// SPDX-License-Identifier: MIT
//
// EXPECTED: an agency sees, hears of and touches its own rooms only, at every address of the API;
// a room of others is answered like one that is not there. It makes rooms with its own prefix only.
// A token that is changed opens nothing and keeps nothing open.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask, listen } from './lib/console.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { TOKEN, create, settings, write } from './lib/store.mjs';

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

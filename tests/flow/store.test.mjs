// Rooms that an organizer makes by the API, published into and watched.
// SPDX-License-Identifier: MIT
//
// EXPECTED: what is answered holds: the key of the answer publishes and no other, a new one ends the
// feed of the old one or leaves it alone, a room that is closed is gone for its feed and its viewers
// at once, and its name is free for another room with another key. Nothing that is refused is kept.
// A restart, a reload and an upgrade change none of it, and the rooms of the configuration file are
// not the API's to change.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask } from './lib/console.mjs';
import { get, until } from './lib/http.mjs';
import { scratch } from './lib/relay.mjs';
import { REJECT, callSrt } from './lib/srt.mjs';
import { TOKEN, create, newKey, playlist, processOf, pushTo, settings, write } from './lib/store.mjs';
import { exchangeable, upgrade } from './lib/upgrade.mjs';

const CONFIG = `rooms:
  open: true
  sign_keys: "a=${'s'.repeat(40)}"
  list:
    - name: listed
      title: From the file
      key: "key-of-the-file-1"
`;

// Somebody publishes there, and it plays.
const lives = (relay, room) => until(`${room} to play`, 20000, async () => {
  const { json } = await ask(relay, `rooms/${room}`);
  return json?.state === 'live' && json.playable;
});
const refuses = async (relay, streamId) => {
  const answer = await callSrt(relay.srtPort, streamId);
  assert.equal(answer.accepted, false, streamId);
  assert.equal(answer.code, REJECT.unauthorized, streamId);
};

test('rooms of the API', { timeout: 240000 }, async (t) => {
  const state = scratch(t);
  const relay = await exchangeable(t, { config: CONFIG, state, token: TOKEN,
    set: [`access.organizer_token=${TOKEN}`] });
  const small = await clip('small');
  const made = await create(relay, 'hall', { title: "Robert'); DROP TABLE rooms;-- <b>厅</b>", part_ms: 400 });

  await t.test('the answer', async () => {
    assert.match(made.key, /^[0-9a-f]{32}$/);
    assert.equal(made.stream_id, `hall?key=${made.key}`);
    assert.equal(made.srt, `srt://127.0.0.1:${relay.srtPort}?streamid=hall?key=${made.key}`);
    const all = await settings(relay);
    assert.deepEqual([...all.keys()], ['hall', 'listed']);
    assert.equal(all.get('hall').title, "Robert'); DROP TABLE rooms;-- <b>厅</b>");
    assert.equal(all.get('hall').part_ms, 400);
    assert.equal(all.get('hall').source, 'api');
    assert.equal(all.get('listed').source, 'file');
    const mark = [made.key, 'key-of-the-file-1'];
    const text = (await ask(relay, 'settings')).text;
    assert.ok(!mark.some((k) => text.includes(k) || relay.log.includes(k)), 'a key is shown');
    for (const file of readdirSync(state)) {
      assert.ok(!readFileSync(path.join(state, file)).includes(made.key), `the key is in ${file}`);
    }
  });

  await t.test('what is refused', async () => {
    const bad = [
      ['POST', 'rooms', { name: 'hall' }, 409],
      ['POST', 'rooms', { name: 'listed' }, 409],
      ['PATCH', 'rooms/listed', { title: 'x' }, 409],
      ['DELETE', 'rooms/listed', undefined, 409],
      ['PATCH', 'rooms/nobody', { title: 'x' }, 404],
      ['DELETE', 'rooms/nobody', undefined, 404],
      ['POST', 'rooms/nobody/key', {}, 404],
      ['POST', 'rooms', {}, 422, 'name'],
      ['POST', 'rooms', { name: '../x' }, 422, 'name'],
      ['POST', 'rooms', { name: 'x', key: 'my-own-secret-key' }, 422, 'key'],
      ['POST', 'rooms', { name: 'x', slate: '/etc/passwd' }, 422, 'slate'],
      ['POST', 'rooms', { name: 'x', colour: 'red' }, 422, 'colour'],
      ['POST', 'rooms', { name: 'x', title: 'a\nb' }, 422, 'title'],
      ['POST', 'rooms', { name: 'x', passphrase: 'short' }, 422, 'passphrase'],
      ['POST', 'rooms', { name: 'x', fill: 'slate' }, 422, 'fill'],
      ['PATCH', 'rooms/hall', { part_ms: '400' }, 422, 'part_ms'],
      ['PATCH', 'rooms/hall', { low_latency: 'yes' }, 422, 'low_latency'],
      ['PATCH', 'rooms/hall', { title: 'x', access: 'everybody' }, 422, 'access'],
      ['PATCH', 'rooms/hall', {}, 422],
      ['PATCH', 'rooms/hall', { title: ['x'] }, 400],
      ['POST', 'rooms/hall/key', { keep_feed: 'yes' }, 422, 'keep_feed'],
      ['POST', 'rooms', { name: 'x', title: 'y'.repeat(5000) }, 413],
      ['PUT', 'rooms/hall', { title: 'x' }, 405],
    ];
    const before = (await ask(relay, 'settings')).text;
    for (const [method, where, body, status, field] of bad) {
      const r = await write(relay, method, where, body);
      assert.equal(r.status, status, `${method} ${where} ${JSON.stringify(body)?.slice(0, 80)}: ${r.text}`);
      if (status === 405) continue;
      assert.equal(r.json.status, status);
      assert.equal(r.json.field, field, r.text);
    }
    assert.equal((await ask(relay, 'settings')).text, before, 'something was kept');
    const nobody = await ask(relay, 'rooms', { method: 'POST', body: '{"name":"x"}', token: 'wrong-token-00000' });
    assert.equal(nobody.status, 401);
  });

  await t.test('publishing, and a new key', async () => {
    await refuses(relay, 'hall');
    await refuses(relay, `hall?key=${made.key.slice(1)}`);
    const first = pushTo(t, relay, made, { clip: small, loop: 100 });
    await lives(relay, 'hall');
    const kept = (await newKey(relay, 'hall', { keep_feed: true })).json;
    await refuses(relay, `hall?key=${made.key}&role=backup`);
    assert.equal(first.status, null, 'the feed was to be kept');
    const last = (await newKey(relay, 'hall')).json;
    await until('the feed to be ended', 10000, () => first.status);
    await refuses(relay, `hall?key=${made.key}`);
    await refuses(relay, `hall?key=${kept.key}`);
    made.key = last.key;
    made.stream_id = last.stream_id;
  });

  await t.test('a signed room that is closed, and its name', async () => {
    const push = pushTo(t, relay, made, { clip: small, loop: 100 });
    await lives(relay, 'hall');
    const list = (await get(`${relay.base}/live/hall/video.m3u8`)).body.toString();
    const segment = /^[^#\s].*$/m.exec(list)[0];
    assert.equal((await write(relay, 'PATCH', 'rooms/hall', { access: 'signed' })).status, 200);
    await until('the room to be signed', 5000, async () => [401, 403].includes(await playlist(relay, 'hall')));
    const closed = await write(relay, 'DELETE', 'rooms/hall');
    assert.equal(closed.status, 200, closed.text);
    for (const what of ['index.m3u8', 'video.m3u8', segment]) {
      const r = await get(`${relay.base}/live/hall/${what}`);
      assert.ok([403, 404, 410].includes(r.status), `${what} of a room that is closed: ${r.status}`);
    }
    await until('the feed to be ended', 10000, () => push.status);
    assert.equal((await ask(relay, 'rooms/hall')).status, 404);
    const again = await create(relay, 'hall');
    await refuses(relay, made.stream_id);
    assert.notEqual(await playlist(relay, 'hall'), 200, 'pictures of the room before');
    const next = pushTo(t, relay, again, { clip: small, loop: 100 });
    await lives(relay, 'hall');
    Object.assign(made, again);
    made.push = next;
  });

  await t.test('a reload, an upgrade, a restart', async () => {
    relay.child.signal('SIGHUP');
    await until('the reload', 5000, () => relay.lines(/ reloaded /)[0]);
    await refuses(relay, 'hall');
    const store = processOf(relay, 'roomcast-store');
    await upgrade(relay);
    assert.equal(processOf(relay, 'roomcast-store'), store, 'another store');
    assert.equal(made.push.status, null, 'the feed went on');
    await refuses(relay, 'hall?key=x&role=backup');
    const r = await write(relay, 'PATCH', 'rooms/hall', { title: 'After the upgrade' }, { patient: true });
    assert.equal(r.status, 200, r.text);
    await made.push.kill();
    await relay.killWhole();
    await relay.startAgain();
    assert.equal((await settings(relay)).get('hall').title, 'After the upgrade');
    await refuses(relay, 'hall');
    pushTo(t, relay, made, { clip: small, loop: 100 });
    await lives(relay, 'hall');
  });

  await t.test('the document', async () => {
    const { json } = await ask(relay, 'openapi.json');
    const all = json.paths['/api/v1/rooms/{room}'];
    assert.deepEqual(Object.keys(all).sort(), ['delete', 'get', 'patch']);
    assert.ok(json.paths['/api/v1/rooms'].post.responses['201']);
    const fields = json.paths['/api/v1/rooms'].post.requestBody.content['application/json'].schema;
    assert.ok(fields.properties.title && !fields.properties.key && !fields.properties.slate);
    for (const member of json.components.schemas.RoomSettings.required) {
      assert.ok(member in (await settings(relay)).get('hall'), member);
    }
  });
});

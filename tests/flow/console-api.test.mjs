// What the console does, by its API: history, events, kicks, main or backup by hand, tokens.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a listener hears at once how the rooms stand and then what changes; a kicked feed ends;
// backup is on air when it is chosen, until the choice is left to the relay; an upgrade ends the
// listener, and forgets neither the history nor the choice; with tokens nobody else may look, and
// readers may not act; so many listen and no more.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, rawRequest, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { upgrade } from './lib/upgrade.mjs';

const ORGANIZER = 'an-organizer-of-the-test';
const READER = 'somebody-who-only-looks';

const ask = async (relay, path, { body, token, method = 'GET', ...headers } = {}) => {
  const r = await fetch(`${relay.base}/api/v1/${path}`, { method, body,
    headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  const text = await r.text();
  return { status: r.status, headers: r.headers, text,
    json: /json/.test(r.headers.get('content-type')) ? JSON.parse(text) : null };
};
const post = (relay, path, body, more = {}) => ask(relay, path,
  { method: 'POST', body: body && JSON.stringify(body), ...more });

// → .events, each {event, data}; .beats; .close()
async function listen(t, relay, token) {
  const stop = new AbortController();
  const r = await fetch(`${relay.base}/api/v1/events`, { signal: stop.signal,
    headers: token ? { Authorization: `Bearer ${token}` } : {} });
  const heard = { status: r.status, type: r.headers.get('content-type'), events: [], ended: false,
    close: () => stop.abort() };
  t.after(heard.close);
  if (r.status !== 200) return heard;
  (async () => {
    let rest = '';
    try {
      for await (const chunk of r.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (event) heard.events.push({ event, data: JSON.parse(data) });
        }
      }
    } catch { /* closed */ }
    heard.ended = true;
  })();
  return heard;
}

const heardRoom = (heard, what, probe, ms = 10000) => until(what, ms,
  () => heard.events.find((e) => e.event === 'room' && probe(e.data)));

test('rooms are watched and acted on', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2', 'rooms.resume_s=2'] });
  let heard = await listen(t, relay);
  assert.match(heard.type, /^text\/event-stream/);
  await until('the first event', 2000, () => heard.events.length > 0);
  assert.deepEqual(heard.events[0], { event: 'rooms', data: { rooms: [] } });

  const source = await clip('long');
  const main = pushFfmpeg(t, relay, { streamId: 'hall?role=main', clip: source });
  await heardRoom(heard, 'main on air', (r) => r.name === 'hall' && r.on_air === 'main'
    && r.state === 'live');
  await heardRoom(heard, 'a light', (r) => r.light === 'green');
  pushFfmpeg(t, relay, { streamId: 'hall?role=backup', clip: await clip('other') });
  await until('backup to be ready', 10000, async () => (
    (await ask(relay, 'rooms/hall')).json.on_air.standby?.ready));

  await sleep(3000); // backup has to be well for so long
  assert.deepEqual((await post(relay, 'rooms/hall/on-air', { role: 'backup' })).json,
    { chosen: 'backup' });
  await heardRoom(heard, 'backup on air', (r) => r.on_air === 'backup' && r.chosen === 'backup');
  assert.deepEqual((await post(relay, 'rooms/hall/on-air', { role: 'backup' })).json,
    { chosen: 'backup' }, 'twice is once');
  assert.equal(relay.lines(/chosen role=backup was=auto by=organizer@127\.0\.0\.1/).length, 1);
  const { json: room } = await ask(relay, 'rooms/hall');
  assert.equal(room.on_air.why, 'it was chosen by hand');
  assert.ok(room.feed.vitals.fps > 20 && room.feed.vitals.gop_ms > 0, JSON.stringify(room.feed));

  const { json: history } = await until('history', 12000, async () => {
    const r = await ask(relay, 'rooms/hall/history');
    return r.json.at.length >= 2 && r;
  });
  assert.ok(history.bitrate_bps.at(-1) > 50000, JSON.stringify(history));
  assert.ok(history.fps_milli.at(-1) > 20000);
  assert.ok(Math.abs(history.at.at(-1) - Date.now() / 1000) < 10);

  await upgrade(relay);
  await until('the old listener’s end', 5000, () => heard.ended);
  heard = await listen(t, relay);
  await until('the first event anew', 5000, () => heard.events.length > 0);
  assert.equal(heard.events[0].data.rooms[0].chosen, 'backup');
  const { json: later } = await ask(relay, 'rooms/hall/history');
  assert.deepEqual(later.at.slice(0, history.at.length), history.at);

  assert.equal((await post(relay, 'rooms/hall/on-air', { role: 'auto' })).status, 200);
  await heardRoom(heard, 'the choice to be nobody’s', (r) => r.chosen === 'auto');
  assert.deepEqual((await post(relay, 'rooms/hall/kick', { role: 'main' })).json, { kicked: 1 });
  await main.exited;
  assert.equal(relay.lines(/kicked role=main .* by=organizer@127\.0\.0\.1/).length, 1);
  assert.deepEqual((await post(relay, 'rooms/hall/kick', { role: 'main' })).json, { kicked: 0 });
  assert.deepEqual((await post(relay, 'rooms/hall/kick')).json, { kicked: 1 });
  await heardRoom(heard, 'the room to end', (r) => r.state === 'ended' && r.light === null);
  heard.close();
  await until('the listener to be forgotten', 3000, async () => (
    (await relay.metric(/listeners\b/)) === 0));
});

test('who may do what', async (t) => {
  const relay = await startRelay(t, { set: [`access.organizer_token=${ORGANIZER}`,
    `access.reader_token=${READER}`] });
  pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 5 });
  await until('the room', 10000, async () => (
    (await ask(relay, 'rooms/hall', { token: READER })).status === 200));
  const none = await ask(relay, 'rooms');
  assert.equal(none.status, 401);
  assert.match(none.headers.get('www-authenticate'), /^Bearer /);
  assert.equal(none.json.status, 401);
  assert.equal((await listen(t, relay)).status, 401);
  assert.equal((await listen(t, relay, READER)).status, 200);
  const looks = await post(relay, 'rooms/hall/kick', undefined, { token: READER });
  assert.equal(looks.status, 403);
  assert.equal(looks.json.detail, 'This token may only look.');
  assert.equal((await post(relay, 'rooms/hall/kick', [], { token: ORGANIZER })).status, 400);
  const long = await ask(relay, 'rooms/hall/kick', { method: 'POST', token: ORGANIZER,
    body: ' '.repeat(5000) });
  assert.equal(long.status, 413);
  const wrong = await ask(relay, 'rooms/hall/kick', { token: ORGANIZER });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'POST');
  // A body in two pieces, and a request behind it.
  const body = '{"role":"nobody"}';
  const { statuses, text } = await rawRequest(relay.httpPort,
    `POST /api/v1/rooms/hall/kick HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ORGANIZER}\r\n`
    + `Content-Length: ${body.length}\r\n\r\n${body}GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`,
    { quietMs: 700 });
  assert.deepEqual(statuses, [200, 200]);
  assert.match(text, /\{"kicked":0\}/);
  assert.equal((await post(relay, 'rooms/hall/kick', undefined, { token: ORGANIZER })).status, 200);
  for (let i = 0; i < 10; i++) {
    assert.equal((await ask(relay, 'rooms', { token: `a-wrong-guess-${i}` })).status, 401);
  }
  const full = await ask(relay, 'rooms', { token: ORGANIZER });
  assert.equal(full.status, 429);
  assert.equal(full.headers.get('retry-after'), '60');
  assert.equal((await get(`${relay.base}/metrics`)).status, 200, 'the metrics need no token');
  assert.doesNotMatch(relay.log, new RegExp(`${ORGANIZER}|${READER}`));
});

test('listeners are bounded', async (t) => {
  const relay = await startRelay(t, { set: ['http.threads=1', 'rooms.resume_s=1'] });
  const all = [];
  for (let i = 0; i < 33; i++) all.push(await listen(t, relay));
  assert.deepEqual(all.map((h) => h.status), [...Array(32).fill(200), 503]);
  assert.equal(await relay.metric(/http_listeners\b/), 32);
  all.forEach((h) => h.close());
  await until('all to be forgotten', 3000, async () => await relay.metric(/http_listeners\b/) === 0);
  const head = await fetch(`${relay.base}/api/v1/events`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await relay.metric(/http_listeners\b/), 0);
  const socket = net.connect(relay.httpPort, '127.0.0.1', () => socket.write(
    'GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  t.after(() => socket.destroy());
  const said = await new Promise((resolve) => { socket.once('data', (d) => resolve(`${d}`)); });
  assert.match(said, /^HTTP\/1\.1 200 OK/);
  assert.match(said, /Cache-Control: no-store\r\n/);
  assert.doesNotMatch(said, /\r\nContent-Length:/);
  const ended = new Promise((resolve) => { socket.once('end', resolve); socket.resume(); });
  relay.child.signal('SIGTERM');
  await ended;
});

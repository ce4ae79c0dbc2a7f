// How many watch a room, and what they are sent: counted by the relay itself.
// SPDX-License-Identifier: MIT
//
// EXPECTED: players by HTTP/1.1 and HTTP/2, with names and addresses of their own, polling or
// waiting for the next part, are as many viewers; one that asks twice, or by two connections, is
// one; all figures say the same; who listens to events hears of it, every five seconds at the most;
// an upgrade loses nobody and no byte; when all have left nobody is there, and the bytes counted are
// those of the answers that they read.
import assert from 'node:assert/strict';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask, listen } from './lib/console.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { upgrade } from './lib/upgrade.mjs';

const POLL_MS = 2000;

// One viewer: asks for video.m3u8 again and again; waits: for the part after the newest one.
class Player {
  constructor(t, relay, { agent, address = '127.0.0.1', h2 = false, waits = false, path = '' }) {
    Object.assign(this, { relay, agent, address, h2, waits, path, bytes: 0, answers: 0 });
    this.keep = new http.Agent({ keepAlive: true });
    t.after(() => this.leave());
    this.over = this.run();
  }

  leave() {
    this.left = true;
    this.session?.destroy();
    this.keep.destroy();
    return this.over;
  }

  headers() { return this.agent ? { 'user-agent': this.agent } : {}; }

  get1(path) {
    return new Promise((resolve, reject) => {
      const r = http.get(this.relay.base + path, { agent: this.keep, headers: this.headers(),
        localAddress: this.address }, (a) => {
        let body = '';
        a.on('data', (d) => { this.bytes += d.length; body += d; });
        a.on('end', () => resolve({ status: a.statusCode, body }));
        a.on('error', reject);
      });
      r.on('error', reject);
    });
  }

  get2(path) {
    if (!this.session || this.session.closed || this.session.destroyed) {
      this.session = http2.connect(this.relay.base, { createConnection: () => net.connect(
        { port: this.relay.httpPort, host: '127.0.0.1', localAddress: this.address }) });
      this.session.on('error', () => {});
    }
    return new Promise((resolve, reject) => {
      const s = this.session.request({ ':path': path, ...this.headers() });
      const got = { status: 0, body: '' };
      s.on('response', (h) => { got.status = h[':status']; });
      s.on('data', (d) => { this.bytes += d.length; got.body += d; });
      s.on('end', () => resolve(got));
      s.on('error', reject);
      s.on('close', () => reject(new Error('closed')));
    });
  }

  async run() {
    let list;
    while (!this.left) {
      let query = '';
      if (this.waits && list) {
        const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(list)[1]);
        const msn = first + list.split('#EXTINF').length - 1;
        query = `?_HLS_msn=${msn}&_HLS_part=${(list.split('#EXTINF').pop().match(/EXT-X-PART:/g) ?? []).length}`;
      }
      const at = `/live${this.path}/hall/video.m3u8${query}`;
      const a = await (this.h2 ? this.get2(at) : this.get1(at)).catch(() => null);
      this.answers += a?.status === 200;
      if (a?.status === 200) list = a.body;
      if (!this.left && (!a || a.status !== 200)) await sleep(200);
      for (let ms = 0; !this.waits && !this.left && ms < POLL_MS; ms += 100) await sleep(100);
    }
  }
}

const crowd = (t, relay) => [
  ...Array.from({ length: 6 }, (_, i) => new Player(t, relay, { agent: `one/${i}` })),
  ...Array.from({ length: 4 }, (_, i) => new Player(t, relay, { agent: 'same', address: `127.0.0.${i + 2}` })),
  ...Array.from({ length: 4 }, (_, i) => new Player(t, relay, { agent: `two/${i}`, h2: true })),
  ...Array.from({ length: 3 }, (_, i) => new Player(t, relay, { agent: 'same', h2: true, address: `127.0.0.${i + 20}` })),
  ...Array.from({ length: 5 }, (_, i) => new Player(t, relay, { agent: `waits/${i}`, waits: true, h2: i % 2 > 0 })),
];

const about = async (relay) => (await ask(relay, 'rooms/hall')).json;
async function counted(relay, n, ms = 8000) {
  let seen;
  await until(`${n} viewers`, ms, async () => {
    seen = (await about(relay))?.viewers;
    return seen === n;
  }).catch((e) => { throw new Error(`${e.message}, ${seen} were counted last`); });
}

test('viewers and bytes', async (t) => {
  const relay = await startRelay(t, { set: ['http.threads=3'] });
  pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 10 });
  await until('the room to be playable', 20000, async () => (await about(relay))?.playable);
  const heard = await listen(t, relay);
  const told = []; // when viewers, and nothing else, changed
  const ears = setInterval(() => {
    for (; heard.events.length > 0;) {
      const { event, data } = heard.events.shift();
      if (event === 'room') told.push({ ms: Date.now(), data });
    }
  }, 20);
  t.after(() => clearInterval(ears));

  assert.equal((await about(relay)).viewers, 0);
  const players = crowd(t, relay);
  const n = players.length;
  assert.equal(n, 22);
  await counted(relay, n);
  const twice = new Player(t, relay, { agent: 'one/0' }); // another connection of that one
  for (let i = 0; i < 8; i++) {
    await sleep(500);
    assert.equal((await about(relay)).viewers, n, 'nobody comes or goes');
  }
  assert.equal((await about(relay)).viewers_peak, n);
  const listed = JSON.parse((await get(`${relay.base}/live/rooms.json`)).body).rooms;
  assert.deepEqual(listed.map((r) => [r.name, r.viewers]), [['hall', n]]);
  const status = await get(`${relay.base}/live/hall/status.json`);
  assert.equal(JSON.parse(status.body).viewers, n);
  const series = await relay.metrics();
  assert.equal(series.get('roomcast_room_viewers{room="hall"}'), n);
  assert.equal((await ask(relay, 'rooms')).json.rooms[0].viewers, n);
  await until('an event', 6000, () => told.some((e) => e.data.viewers === n));
  await until('history', 8000, async () => (
    (await ask(relay, 'rooms/hall/history')).json.viewers.at(-1) === n));

  await t.test('an upgrade loses nobody', async () => {
    const before = await about(relay);
    await upgrade(relay);
    for (let i = 0; i < 26; i++) {
      const now = await about(relay);
      assert.ok(now.viewers === n, `${now.viewers} of ${n} after ${i} looks`);
      assert.ok(now.bytes_out >= before.bytes_out);
      await sleep(500);
    }
  });

  const sent = series.get('roomcast_room_bytes_out_total{room="hall"}');
  await Promise.all([...players, twice].map((p) => p.leave()));
  await counted(relay, 0, 25000);
  const room = await about(relay);
  assert.equal(room.viewers_peak, n);
  assert.ok(sent > 0 && room.bytes_out > sent);
  for (const p of players) assert.ok(p.answers > 4, `${p.agent} at ${p.address}: ${p.answers}`);

  const alone = told.filter((e, i) => i > 0 && ['state', 'light', 'on_air', 'findings', 'playable']
    .every((k) => e.data[k] === told[i - 1].data[k]));
  for (let i = 1; i < alone.length; i++) {
    assert.ok(alone[i].ms - alone[i - 1].ms > 4000, `events ${alone[i].ms - alone[i - 1].ms} ms apart`);
  }
});

test('bytes are what was read', async (t) => {
  const relay = await startRelay(t, { set: ['http.threads=2'] });
  pushFfmpeg(t, relay, { room: 'hall', clip: await clip('small'), loop: 10 });
  const page = async (file, h) => (await get(`${relay.base}/live/hall/${file}`, h));
  let read = 0;
  let answers = 0;
  const take = (r) => { read += r.body.length; answers++; return r; };
  await until('the room to be playable', 20000, async () => (await about(relay))?.playable);
  const began = (await about(relay)).bytes_out;
  assert.equal(began, 0, 'nobody has asked yet');
  const list = take(await until('segments', 10000, async () => {
    const r = await page('video.m3u8');
    if (/\.m4s/.test(r.body.toString()) && r.status === 200) return r;
    if (r.status === 200) take(r);
    return null;
  })).body.toString();
  const files = [...new Set([...list.matchAll(/video\/[\w.-]+\.(?:m4s|mp4)/g)].map((m) => m[0]))]
    .slice(0, -1); // the last one may be promised only
  const h2 = new Player(t, relay, { agent: 'bytes', h2: true });
  await sleep(300);
  for (const file of files) {
    take(await page(file));
    take(await page(file, { headers: { Range: 'bytes=0-99' } }));
    assert.equal((await h2.get2(`/live/hall/${file}`)).status, 200);
  }
  await h2.leave();
  take(await page('video.m3u8', { headers: { 'Accept-Encoding': 'gzip' } }));
  await sleep(2500);
  const { bytes_out: out } = await about(relay);
  assert.ok(files.length > 2 && read > 50000, `${files.length} files, ${read} bytes`);
  assert.ok(out >= read + h2.bytes, `${out} counted, ${read} and ${h2.bytes} read`);
  assert.ok(out <= read + h2.bytes + 512 * answers, `${out} counted, ${read} and ${h2.bytes} read`);
});

// Many readers of one room at once, over two sessions of its publisher.
// SPDX-License-Identifier: MIT
//
// EXPECTED: no playlist contradicts another, whoever reads it and when; none goes back; no address
// ever changes its bytes or its ETag; over at least 100 updates and 10,000 reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agreement } from './lib/agreement.mjs';
import { clip } from './lib/clips.mjs';
import { get, keepAlive, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const UPDATES = 100;
const READS = 10000;
const RENDITIONS = ['video', 'audio'];
const PAUSE_MS = 12;
const LIMIT_MS = 60000;

class Readers {
  constructor(base) {
    Object.assign(this, { folder: `${base}/live/main/`, agreement: new Agreement(), running: true,
      latest: {}, unread: [] });
  }

  async read(uri, agent, status = 200, headers = {}) {
    const r = await get(this.folder + uri, { agent, headers });
    if (r.status !== status) {
      const list = Object.values(this.latest).find((l) => l.text.includes(uri))?.text;
      throw new Error(`${uri}: status ${r.status}; listed in:\n${list}`);
    }
    return r;
  }

  // query(known) → what to ask with; no reader waits for another.
  async followPlaylist(rendition, query, pauseMs) {
    const agent = keepAlive();
    for (let known; this.running; await sleep(pauseMs)) {
      const asked = query(known);
      const r = await this.read(`${rendition}.m3u8${asked}`, agent);
      const next = this.agreement.playlist(rendition, r, known);
      if (!next.list.skip) this.latest[rendition] = next.list;
      known = next;
    }
    agent.destroy();
  }

  // Any address of the newest playlist: the last ones most often, where a change is most likely.
  somewhere() {
    const list = this.latest[RENDITIONS[Math.floor(Math.random() * 2)]];
    if (!list) return null;
    const parts = [...list.segments.flatMap((s) => s.parts), ...list.open.parts];
    // What is marked as a gap need not be there (4.4.4.7).
    const all = [...parts.slice(-8), ...list.segments.slice(-3), { uri: list.open.map }]
      .filter((entry) => !entry.gap);
    return all[Math.floor(Math.random() * all.length)];
  }

  async readMedia(ranged) {
    const agent = keepAlive();
    for (; this.running; await sleep(PAUSE_MS)) {
      const { uri } = this.somewhere() ?? {};
      if (uri && ranged) {
        const r = await this.read(uri, agent, 206, { range: 'bytes=40-139' });
        this.agreement.bytes(`${uri} 40-139`, r);
      } else if (uri) this.agreement.bytes(uri, await this.read(uri, agent));
    }
    agent.destroy();
  }

  // The part after the last one, or the whole segment.
  static blocked({ end } = {}) { return end ? `?_HLS_msn=${end.msn}&_HLS_part=${end.parts}` : ''; }

  start() {
    const all = [];
    for (const rendition of RENDITIONS) {
      for (let i = 0; i < 4; i++) all.push(this.followPlaylist(rendition, () => '', PAUSE_MS));
      all.push(this.followPlaylist(rendition, () => '?_HLS_skip=YES', PAUSE_MS));
      all.push(this.followPlaylist(rendition, (known) => `?b=${known ? 1 : 0}&a=2`, PAUSE_MS));
      for (let i = 0; i < 4; i++) all.push(this.followPlaylist(rendition, Readers.blocked, 0));
    }
    for (let i = 0; i < 8; i++) all.push(this.readMedia(i >= 6));
    this.all = Promise.all(all);
    this.all.catch((e) => { this.failed = e; });
  }

  enough() {
    if (this.failed) throw this.failed;
    return this.agreement.updates >= UPDATES && this.agreement.reads >= READS;
  }

  async stop() { this.running = false; await this.all; }
}

test('readers-agree', async (t) => {
  const relay = await startRelay(t, { set: ['hls.part_ms=330', 'rooms.resume_s=30'] });
  const source = await clip('tiny');
  const readers = new Readers(relay.base);
  const publish = async () => {
    while (readers.running) await pushFfmpeg(t, relay, { room: 'main', clip: source }).exited;
  };
  const published = publish();
  await until('both renditions to be there', 20000, async () => {
    const index = (await get(`${readers.folder}index.m3u8`)).body.toString();
    return RENDITIONS.every((name) => index.includes(`${name}.m3u8`));
  });
  readers.start();
  await until(`${READS} reads over ${UPDATES} updates`, LIMIT_MS, () => readers.enough())
    .catch((e) => { readers.tooFew = e; });
  readers.stop().catch((e) => { readers.failed ??= e; });
  await published;
  await readers.all.catch((e) => { readers.failed ??= e; });
  const { agreement } = readers;
  t.diagnostic(`${agreement.reads} reads, ${agreement.updates} updates, ${agreement.gaps} gaps`);
  assert.deepEqual(agreement.faults, []);
  assert.ifError(readers.failed);
  assert.ifError(readers.tooFew);
});

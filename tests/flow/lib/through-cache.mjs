// The same proof for every cache: low latency goes through it, and it takes the load off the relay.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { answered, keepsToItself, startCache, swarm } from './cache.mjs';
import { clip } from './clips.mjs';
import { parsePlaylist, reach } from './hls.mjs';
import { get, request, sleep, until } from './http.mjs';
import { pushFfmpeg } from './push.mjs';
import { startRelay } from './relay.mjs';

// A cache may let the odd request through twice, as when an answer ran out while many asked for it;
// and viewers that join over two seconds see playlists run out that one alone does not ask for.
const FACTOR = 1.3;
const JOINING = 12;
const VIEWERS = 100;
const NONE = ['errors', 'older', 'unsatisfied', 'missed', 'differing', 'lifetime_wrong',
  'age_missing', 'age_wrong', 'expired', 'hints_gone'];

const sharedAge = (r) => Number(/s-maxage=(\d+)/.exec(r.headers['cache-control'])?.[1]);
const maxAge = (r) => Number(/\bmax-age=(\d+)/.exec(r.headers['cache-control'])?.[1]);
const text = (r) => r.body.toString();

class Proof {
  constructor(t, relay, cache) {
    Object.assign(this, { t, relay, cache, list: `${cache.base}/live/main/video.m3u8` });
  }

  async playlist(query = '') {
    const r = await get(this.list + query);
    assert.equal(r.status, 200, `${query}: ${text(r)}`);
    return { r, list: parsePlaylist(text(r)) };
  }

  // Rule 104, and that a cache keeps to it. sendsAge: whether it says how long it did.
  async lifetimes(sendsAge) {
    const { r, list } = await this.playlist();
    const td = list.targetDuration;
    assert.equal(maxAge(r), Math.max(1, Math.floor(td / 2)), 'unblocked: half a target duration');
    const { msn, parts } = reach(list);
    const next = `?_HLS_msn=${msn}&_HLS_part=${parts}`;
    const blocked = await this.playlist(next);
    assert.equal(sharedAge(blocked.r), 6 * td, 'blocked: six target durations, for caches');
    assert.equal(maxAge(blocked.r), 0, 'and none for the player itself');
    assert.ok(reach(blocked.list).msn > msn || reach(blocked.list).parts > parts, 'with the part');
    await sleep(maxAge(r) * 1000 + 1200);
    const fresh = await this.playlist();
    assert.notEqual(text(fresh.r), text(r), 'unblocked: what ran out is not served');
    const kept = await this.playlist(next);
    assert.equal(text(kept.r), text(blocked.r), 'blocked: one moment for ever');
    assert.equal(kept.r.headers.etag, blocked.r.headers.etag);
    const age = (Date.now() - Date.parse(kept.r.headers.date)) / 1000;
    assert.ok(age >= 1.5, `Date is the relay's: ${age} s`);
    if (sendsAge) assert.ok(Math.abs(Number(kept.r.headers.age) - age) <= 1.5, `Age ${age} s`);
    return td;
  }

  // A question that came too early must not spoil the answer to those that come in time.
  async tooEarly() {
    const { list } = await this.playlist();
    const query = `?_HLS_msn=${reach(list).msn + 2}`;
    const early = await get(this.list + query);
    assert.equal(early.status, 400, 'too far ahead');
    assert.ok(maxAge(early) <= list.targetDuration, `kept for ${maxAge(early)} s`);
    return query;
  }

  async bytes() {
    const { list } = await this.playlist();
    const files = [list.open.map, list.segments.at(-1).uri,
      list.segments.at(-1).parts.at(-1)?.uri].filter(Boolean);
    for (const uri of files) {
      const [own, far] = await Promise.all([this.relay, this.cache].map((from) =>
        get(`${from.base}/live/main/${uri}`)));
      assert.equal(far.status, 200, uri);
      assert.ok(own.body.equals(far.body), `${uri}: the relay's bytes`);
      assert.equal(far.headers.etag, own.headers.etag, `${uri}: its ETag`);
      assert.equal(far.headers['access-control-allow-origin'], '*');
      const piece = await get(`${this.cache.base}/live/main/${uri}`,
        { headers: { range: 'bytes=16-115' } });
      assert.equal(piece.status, 206, `${uri}: a range`);
      assert.ok(piece.body.equals(own.body.subarray(16, 116)), `${uri}: the range's bytes`);
      const head = await request(`${this.cache.base}/live/main/${uri}`, { method: 'HEAD' });
      assert.equal(Number(head.headers['content-length']), own.body.length, `${uri}: HEAD`);
    }
  }

  // Directives in any order and words that mean nothing: the relay answers the same.
  async queries() {
    const { list } = await this.playlist();
    const { msn, parts } = reach(list);
    const forms = [`_HLS_msn=${msn}&_HLS_part=${parts}`, `_HLS_part=${parts}&_HLS_msn=${msn}`,
      `_HLS_msn=${msn}&_HLS_part=${parts}&session=7`, `&x&_HLS_part=${parts}&=&_HLS_msn=${msn}`];
    const replies = await Promise.all(forms.map((q) => this.playlist(`?${q}`)));
    for (const { r } of replies) assert.equal(text(r), text(replies[0].r), 'one answer');
  }

  async viewers(what, viewers, seconds, more) {
    const said = await swarm(this.relay, this.cache.port, { viewers, seconds, more });
    const broken = Object.fromEntries(NONE.filter((k) => said[k] !== 0).map((k) => [k, said[k]]));
    assert.deepEqual(broken, {}, `${what}: ${said.log}`);
    assert.equal(said.joins, viewers, `${what}: everybody joined once`);
    // Two parts a second; the last viewer joins after two seconds, and waits for its first part.
    const least = (seconds - 3) * 1.4;
    assert.ok(said.parts / viewers >= least, `${what}: ${said.parts / viewers} parts each`);
    said.rate = said.requests / said.seconds;
    this.t.diagnostic(`${what}: ${viewers} viewers, ${said.parts} parts, relay ${said.rate.toFixed(1)}`
      + ` requests/s, reload p50 ${said.reload_p50_us / 1000} p99 ${said.reload_p99_us / 1000} ms,`
      + ` part p99 ${said.part_p99_us / 1000} ms`);
    return said;
  }
}

// wakesMs: how long the cache may let viewers wait for an answer that it already has.
export async function lowLatencyThrough(t, name, { sendsAge, wakesMs }) {
  const relay = await startRelay(t);
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('long'), loop: 2 });
  const cache = await startCache(t, name, relay);
  const proof = new Proof(t, relay, cache);
  await until('the room to play', 20000, async () => {
    const r = await get(`${relay.base}/live/main/video.m3u8`);
    return r.status === 200 && parsePlaylist(text(r)).segments.length > 0;
  });
  await keepsToItself(cache);
  assert.equal((await get(`${cache.base}/live/~x/main/access?address=192.0.2.1`)).status, 403);
  await answered(relay);
  const early = await proof.tooEarly();
  await proof.lifetimes(sendsAge);
  await proof.bytes();
  await proof.queries();
  // One player follows both renditions, each with a connection: that is two of the swarm's.
  const one = await proof.viewers('one player', 2, 4, []);
  const many = await proof.viewers('many', VIEWERS, 5, ['--switch', '5']);
  assert.ok(many.requests <= one.rate * many.seconds * FACTOR + JOINING,
    `the relay answers ${many.rate}/s for ${VIEWERS} viewers and ${one.rate}/s for one`);
  assert.ok(many.switches > 0, 'viewers switched renditions');
  assert.ok(many.reload_p99_us <= wakesMs * 1000, `reloads p99 ${many.reload_p99_us} us`);
  await proof.playlist(early);
  const hinting = await proof.viewers('hints', VIEWERS / 2, 4, ['--hints']);
  assert.ok(hinting.hinted > VIEWERS / 2, 'hinted parts came');
  push.kill();
}

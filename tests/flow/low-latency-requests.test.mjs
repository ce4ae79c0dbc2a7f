// What viewers ask of a low-latency room, rightly and wrongly: rules 84 to 97, 103 and 104.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a reload is answered when the part or segment it names is there, and shows it; a hinted
// part comes whole, once it exists; what nobody can wait for is 400 or 404 at once, what does not
// come 503 after three target durations; each with the lifetime of rule 104, never an Age.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { get, request, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const OPEN_END = 9007199254740991;
// How long a cache between may keep it: s-maxage where it stands, else max-age.
const maxAge = (r) => Number((/s-maxage=(\d+)/.exec(r.headers['cache-control'] ?? '')
  ?? /max-age=(\d+)/.exec(r.headers['cache-control'] ?? ''))?.[1] ?? -1);

// Where a media playlist ends: its last whole segment, the parts behind it, the hint.
function read(text) {
  const list = parsePlaylist(text);
  assert.deepEqual(list.faults, []);
  const tags = list.tags;
  const lastUri = tags.findLastIndex((t) => t.uri !== undefined);
  const parts = tags.slice(lastUri + 1).filter((t) => t.name === 'EXT-X-PART');
  const skipped = tags.find((t) => t.name === 'EXT-X-SKIP')?.attributes.get('SKIPPED-SEGMENTS');
  const last = list.mediaSequence + list.segments.length - 1 + Number(skipped?.value ?? 0);
  return { ...list, last, parts, skipped, allParts: tags.filter((t) => t.name === 'EXT-X-PART'),
    hint: tags.find((t) => t.name === 'EXT-X-PRELOAD-HINT'),
    blocks: /CAN-BLOCK-RELOAD=YES/.test(text) };
}

// What a player asks for a part or a hint: {url, headers, bytes (of a part that says so)}.
function resource(tag, base) {
  const value = (name) => tag.attributes.get(name)?.value;
  const url = new URL(value('URI'), base).href;
  const start = value('BYTERANGE-START');
  const [length, offset] = value('BYTERANGE')?.split('@').map(Number) ?? [];
  if (length !== undefined) {
    return { url, bytes: length, headers: { range: `bytes=${offset}-${offset + length - 1}` } };
  }
  return { url, headers: start === undefined ? {} : { range: `bytes=${start}-${OPEN_END}` } };
}

test('requests of a low-latency room', async (t) => {
  const relay = await startRelay(t, { set: ['rooms.resume_s=12', 'hls.low_latency=true'] });
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('small'), loop: 20 });
  const base = `${relay.base}/live/main/`;
  const url = `${base}video.m3u8`;
  const load = async (query = '', options = {}) => {
    const r = await get(`${url}${query}`, { timeoutMs: 60000, ...options });
    assert.equal(r.headers.age, undefined, `${query}: an Age of our own`);
    assert.equal(r.headers['access-control-allow-origin'], '*', `${query}: CORS on ${r.status}`);
    return r;
  };
  const list = async (query) => {
    const r = await load(query);
    assert.equal(r.status, 200, `${query}: ${r.status} ${r.body}`);
    return Object.assign(read(r.body.toString()), { reply: r });
  };
  await until('a playlist with parts that can be waited for', 30000, async () => {
    const r = await get(url);
    return r.status === 200 && /CAN-BLOCK-RELOAD=YES/.test(r.body) && /EXT-X-PART:/.test(r.body)
      && (await get(`${base}index.m3u8`)).status === 200;
  });
  const td = (await list()).targetDuration;

  await t.test('bad directives are 400 at once (95, 96)', async () => {
    const { last } = await list();
    const far = [`_HLS_msn=${last + 100}`, '_HLS_msn=18446744073709551615',
      `_HLS_msn=${last + 1}&_HLS_part=500`, `_HLS_msn=${last + 1}&_HLS_part=4294967296`];
    const wrong = ['_HLS_msn=-1', '_HLS_msn=abc', '_HLS_msn=', '_HLS_msn', '_HLS_msn=1.0',
      '_HLS_msn=18446744073709551616', `_HLS_msn=${last}&_HLS_msn=${last}`, '_HLS_part=0',
      `_HLS_msn=${last}&_HLS_part=-1`, `_HLS_msn=${last}&_HLS_part=x`, '_HLS_skip=maybe',
      `_HLS_msn=${last}&_HLS_part=`, `_HLS_msn=${last}&_HLS_part=0&_HLS_part=0`];
    for (const query of [...far, ...wrong]) {
      const r = await load(`?${query}`);
      assert.equal(r.status, 400, `${query}: ${r.status}`);
      assert.ok(r.ms < 1000, `${query}: after ${r.ms} ms`);
      assert.match(r.body.toString(), /^[A-Z_].*\.\n$/, `${query}: a sentence`);
      assert.ok(maxAge(r) >= 1 && maxAge(r) <= 4 * td, `${query}: ${maxAge(r)}`);
    }
    for (const query of ['_HLS_msn=-1', `_HLS_msn=${last + 100}`]) {
      assert.equal(maxAge(await load(`?${query}`)), 4 * td, query);
    }
  });
  await t.test('what is there is answered at once (94, 100, 104)', async () => {
    const { last } = await list();
    for (const [query, age] of [['', td / 2], ['?_HLS_msn=0', td / 2], ['?a=b&_HLS_x=1', td / 2],
      [`?_HLS_msn=${last - 3}&_HLS_part=0`, td / 2], [`?_HLS_msn=${last}`, 6 * td],
      [`?_HLS_part=0&_HLS_msn=${last}`, 6 * td]]) {
      const l = await list(query);
      assert.ok(l.reply.ms < 1000 && l.last >= last && !l.skipped, query);
      // A segment may have been completed in between: then the last is an old one.
      if (l.last === last) assert.equal(maxAge(l.reply), Math.max(1, Math.floor(age)), query);
      assert.match(l.reply.headers.vary ?? '', /accept-encoding/i);
      assert.ok(Date.now() - Date.parse(l.reply.headers['last-modified']) < 3000 * td);
    }
    const index = await get(`${base}index.m3u8?_HLS_msn=x&_HLS_part=y&_HLS_skip=z`);
    assert.equal(index.status, 200, 'directives mean nothing on the multivariant playlist');
  });
  await t.test('a reload waits for its part (92)', async () => {
    for (let i = 0; i < 6; i++) {
      const before = await list();
      const query = `?_HLS_msn=${before.last + 1}&_HLS_part=${before.parts.length}`;
      const after = await list(query);
      assert.ok(after.last > before.last || after.parts.length > before.parts.length, query);
      assert.ok(after.reply.ms < 1000 * td, `${query}: ${after.reply.ms} ms`);
      assert.equal(maxAge(after.reply), 6 * td);
    }
  });
  await t.test('a part behind the last of its segment is the next one\'s first (93)', async () => {
    const { last } = await list();
    const l = await list(`?_HLS_msn=${last}&_HLS_part=99`);
    assert.ok(l.last > last || (l.last === last && l.parts.length > 0), 'part 0 of the next');
  });
  await t.test('a reload waits for its segment (92)', async () => {
    const { last } = await list();
    const l = await list(`?_HLS_msn=${last + 1}`);
    assert.ok(l.last >= last + 1, `${l.last} after ${last}`);
  });
  await t.test('skip gives the changes or the whole list (87, 89)', async () => {
    for (const word of ['YES', 'v2']) {
      const whole = await list();
      const l = await list(`?_HLS_msn=${whole.last}&_HLS_skip=${word}`);
      assert.equal(l.mediaSequence >= whole.mediaSequence, true);
      assert.ok(l.last >= whole.last, 'both reach the end');
      if (l.skipped) assert.ok(Number(l.skipped.value) > 0);
    }
  });
  await t.test('a hint waits, and comes whole at once (83, 85)', async () => {
    for (let i = 0; i < 4; i++) {
      const { hint } = await list();
      const wanted = resource(hint, url);
      const range = wanted.headers.range ?? `bytes=0-${OPEN_END}`;
      const got = await Promise.all([get(wanted.url, { headers: wanted.headers }),
        get(wanted.url, { headers: { range } })]);
      for (const r of got) {
        assert.ok([200, 206].includes(r.status), `${wanted.url}: ${r.status} ${r.body}`);
        assert.ok(r.body.length > 0 && r.complete);
      }
      assert.equal(got[1].status, 206);
      assert.ok(got[0].body.equals(got[1].body), 'twice the same bytes');
      const now = await list();
      const listed = now.allParts.map((p) => resource(p, url)).find((p) => p.url === wanted.url
        && (!p.bytes || p.headers.range.startsWith(range.split(/-(?=\d+$)/)[0])));
      assert.ok(listed, `${wanted.url} became a part of the list`);
    }
  });
  await t.test('unknown and unhinted names are 404 at once (84)', async () => {
    for (const name of ['video/p1.m4s', 'video/p18446744073709551615.m4s', 'video/1.m4s',
      'video/none.mp4', 'none.m3u8?_HLS_msn=1', 'none/p1.m4s']) {
      const r = await get(`${base}${name}`);
      assert.equal(r.status, 404, name);
      assert.ok(r.ms < 1000 && maxAge(r) >= 0 && maxAge(r) <= td, `${name}: ${maxAge(r)}`);
      assert.equal(r.headers['access-control-allow-origin'], '*');
    }
  });
  await t.test('parts are resources: ranges, HEAD, 304, 416 (103)', async () => {
    const { allParts, segments } = await list();
    const { url: part } = resource(allParts.at(-1), url);
    if (part === new URL(segments.at(-1).uri, url).href) return; // parts are ranges of segments
    const whole = await get(part);
    const n = whole.body.length;
    assert.equal(whole.status, 200);
    assert.match(whole.headers.etag ?? '', /^"[^"]+"$/);
    assert.ok(maxAge(whole) >= 1);
    for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=-10', n - 10, n],
      [`bytes=5-${OPEN_END}`, 5, n], [`bytes=${n - 1}-`, n - 1, n]]) {
      const r = await get(part, { headers: { range } });
      assert.equal(r.status, 206, range);
      assert.equal(r.headers['content-range'], `bytes ${from}-${to - 1}/${n}`);
      assert.ok(r.body.equals(whole.body.subarray(from, to)), range);
    }
    const beyond = await get(part, { headers: { range: `bytes=${n}-` } });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers['content-range'], `bytes */${n}`);
    const same = await get(part, { headers: { 'if-none-match': whole.headers.etag } });
    assert.equal(same.status, 304);
    const head = await request(part, { method: 'HEAD' });
    assert.equal(head.headers['content-length'], `${n}`);
    const parent = await get(new URL(segments.at(-1).uri, url));
    assert.notEqual(parent.headers.etag, whole.headers.etag, 'another resource, another ETag');
  });
  await t.test('a source that falls silent: who waits gets its gap, hints are gone (83, 97)', async () => {
    const wanted = resource((await list()).hint, url);
    await push.kill();
    const late = get(wanted.url, { headers: wanted.headers, timeoutMs: 60000 });
    // What was on its way when the publisher died comes first.
    await until('the room to wait for its publisher', 20000, async () => {
      const r = await get(`${base}status.json`);
      return /"state": ?"waiting"/.test(r.body);
    });
    assert.ok([200, 206, 404].includes((await late).status), 'it came, or will not');
    await until('a gap', 3000 * td, async () => (await list()).parts.at(-1)?.attributes.get('GAP'));
    const { last, parts, hint } = await list();
    assert.equal(hint, undefined, 'nobody knows what comes behind a gap');
    const reload = await load(`?_HLS_msn=${last + 1}&_HLS_part=${parts.length}`);
    assert.equal(reload.status, 200);
    assert.match(reload.body.toString(), /GAP=YES/);
    assert.ok(reload.ms < 3000 * td, `after ${reload.ms} ms`);
    // The request for /metrics is one of those that wait for their answer.
    assert.equal(await relay.metric(/^roomcast_http_holding_requests/), 1);
  });
  await t.test('an ended list takes no directives, and releases who waits (29, 84)', async () => {
    const { last } = await list();
    await until('ENDLIST', 60000, async () => {
      const now = await list();
      if (now.endList) return true;
      const r = await load(`?_HLS_msn=${now.last + 1}`);
      assert.ok([200, 503].includes(r.status), `${r.status}`);
      return r.body.includes('#EXT-X-ENDLIST');
    }, 0);
    for (const query of ['?_HLS_msn=-1', `?_HLS_msn=${last + 900}`, '?_HLS_skip=YES']) {
      const l = await list(query);
      assert.ok(l.endList && !l.hint && !l.skipped, query);
    }
  });
});

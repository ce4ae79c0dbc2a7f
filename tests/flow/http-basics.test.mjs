// Delivery as browsers, players and caches expect it: rules 101, 103 to 108, 110 and 111.
// SPDX-License-Identifier: MIT
//
// EXPECTED: HEAD like GET without a body; preflight; CORS on every answer, errors too; strong
// ETags and 304; gzip of playlists with Vary; ranges byte-equal; MIME types; lifetimes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startControl } from './lib/control.mjs';
import { get, request } from './lib/http.mjs';
import { startRelay } from './lib/relay.mjs';

const maxAge = (r) => Number(/max-age=(\d+)/.exec(r.headers['cache-control'] ?? '')?.[1] ?? -1);
const ORIGIN = { origin: 'https://player.example' };

function assertCors(r, what) {
  assert.ok(['*', ORIGIN.origin].includes(r.headers['access-control-allow-origin']),
    `${what}: Access-Control-Allow-Origin ${r.headers['access-control-allow-origin']}`);
}

test('HTTP basics', async (t) => {
  const relay = await startRelay(t);
  const control = await startControl(t, relay);
  const video = control.follower.renditions.get('video');
  const [segment] = video.ordered();
  const urls = { index: `${relay.base}/live/control/index.m3u8`,
    list: `${relay.base}/live/control/video.m3u8`, segment: segment.url,
    init: new URL(segment.map, video.url).href };
  const whole = (await get(urls.segment)).body;

  await t.test('MIME types (107)', async () => {
    const type = async (url) => (await get(url)).headers['content-type'];
    assert.equal(await type(urls.index), 'application/vnd.apple.mpegurl');
    assert.equal(await type(urls.list), 'application/vnd.apple.mpegurl');
    assert.match(await type(urls.segment), /^video\/(mp4|iso\.segment)$/);
    assert.equal(await type(urls.init), 'video/mp4');
    const [sound] = control.follower.renditions.get('audio').ordered();
    assert.equal(await type(sound.url), 'audio/mp4');
    assert.match(await type(`${relay.base}/metrics`), /^text\/plain; ?version=0\.0\.4/);
  });
  await t.test('HEAD (111)', async () => {
    for (const [what, url] of Object.entries(urls)) {
      const head = await request(url, { method: 'HEAD' });
      assert.equal(head.status, 200, what);
      assert.equal(head.body.length, 0, what);
      if (what === 'index' || what === 'list') continue;
      const full = await get(url);
      for (const name of ['content-length', 'content-type', 'etag', 'cache-control']) {
        assert.equal(head.headers[name], full.headers[name], `${what} ${name}`);
      }
    }
  });
  await t.test('OPTIONS and CORS (108)', async () => {
    const preflight = await request(urls.segment, { method: 'OPTIONS', headers: { ...ORIGIN,
      'access-control-request-method': 'GET', 'access-control-request-headers': 'range' } });
    assert.ok([200, 204].includes(preflight.status), `preflight ${preflight.status}`);
    assertCors(preflight, 'preflight');
    assert.match(preflight.headers['access-control-allow-methods'] ?? '', /GET/);
    assert.match(preflight.headers['access-control-allow-headers'] ?? '', /range|\*/i);
    for (const [what, url] of Object.entries(urls)) {
      const r = await get(url, { headers: ORIGIN });
      assertCors(r, what);
      const exposed = r.headers['access-control-expose-headers'] ?? '';
      for (const name of ['Age', 'Date', 'Content-Length', 'Content-Range']) {
        assert.ok(exposed.toLowerCase().includes(name.toLowerCase()), `${what} exposes ${name}`);
      }
      assert.equal(r.headers['set-cookie'], undefined);
    }
    assertCors(await get(`${relay.base}/live/nobody/index.m3u8`, { headers: ORIGIN }), '404');
    const past = { ...ORIGIN, range: 'bytes=99999999-' };
    assertCors(await get(urls.segment, { headers: past }), '416');
  });
  await t.test('ETag and 304', async () => {
    for (const [what, url] of Object.entries({ segment: urls.segment, init: urls.init })) {
      const { etag } = (await get(url)).headers;
      assert.match(etag ?? '', /^"[^"]+"$/, `${what} has a strong ETag`);
      for (const match of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
        const r = await get(url, { headers: { 'if-none-match': match } });
        assert.equal(r.status, 304, `${what} If-None-Match: ${match}`);
        assert.equal(r.body.length, 0);
        assert.equal(r.headers.etag, etag);
      }
      const other = await get(url, { headers: { 'if-none-match': '"other"' } });
      assert.equal(other.status, 200, what);
    }
    const list = await get(urls.index);
    const again = await get(urls.index, { headers: { 'if-none-match': list.headers.etag } });
    assert.ok(again.status === 304 || again.headers.etag !== list.headers.etag);
  });
  await t.test('gzip of playlists (101)', async () => {
    for (const url of [urls.index, urls.list]) {
      const zipped = await get(url, { headers: { 'accept-encoding': 'gzip, br' } });
      assert.match(zipped.headers.vary ?? '', /accept-encoding/i);
      if (zipped.headers['content-encoding'] === 'gzip') {
        assert.match(gunzipSync(zipped.body).toString(), /^#EXTM3U/);
      } else assert.ok(zipped.body.length < 256, `${url} is not compressed`);
      const plain = await get(url, { headers: { 'accept-encoding': 'gzip;q=0' } });
      assert.equal(plain.headers['content-encoding'], undefined, 'gzip;q=0 means no');
      assert.match(plain.body.toString(), /^#EXTM3U/);
      assert.notEqual(plain.headers.etag, zipped.headers.etag, 'each coding its own ETag');
    }
    const media = await get(urls.segment, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(media.headers['content-encoding'], undefined, 'segments are not compressed');
  });
  await t.test('ranges (103)', async () => {
    const n = whole.length;
    const cases = [['bytes=0-0', 0, 1], ['bytes=0-187', 0, 188], ['bytes=100-', 100, n],
      [`bytes=${n - 1}-`, n - 1, n], ['bytes=-10', n - 10, n], [`bytes=-${n + 50}`, 0, n],
      [`bytes=10-${n + 1000}`, 10, n], ['bytes=7-9007199254740991', 7, n]];
    for (const [range, from, to] of cases) {
      const r = await get(urls.segment, { headers: { range } });
      assert.equal(r.status, 206, range);
      assert.equal(r.headers['content-range'], `bytes ${from}-${to - 1}/${n}`, range);
      assert.ok(r.body.equals(whole.subarray(from, to)), `${range}: bytes`);
    }
    const head = await get(urls.segment);
    assert.equal(head.headers['accept-ranges'], 'bytes');
    const stale = await get(urls.segment, { headers: { range: 'bytes=0-9', 'if-range': '"old"' } });
    assert.equal(stale.status, 200, 'If-Range with another ETag gives all of it');
    const fresh = await get(urls.segment, { headers: { range: 'bytes=0-9',
      'if-range': head.headers.etag } });
    assert.equal(fresh.status, 206);
    const past = await get(urls.segment, { headers: { range: `bytes=${n}-` } });
    assert.equal(past.status, 416);
    assert.equal(past.headers['content-range'], `bytes */${n}`);
  });
  await t.test('lifetimes (104–106, 110)', async () => {
    const td = video.list.targetDuration;
    const list = await get(urls.list);
    assert.ok(maxAge(list) <= td && maxAge(list) >= 0
      || /no-cache/.test(list.headers['cache-control']), list.headers['cache-control']);
    const media = await get(urls.segment);
    assert.ok(maxAge(media) >= td, `a segment may be kept: ${media.headers['cache-control']}`);
    const missing = await get(`${relay.base}/live/control/video/4000000000.m4s`);
    assert.ok(maxAge(missing) <= td, `a 404 not for long: ${missing.headers['cache-control']}`);
    for (const r of [list, media]) assert.ok(Number(r.headers.age ?? 0) === 0, 'no made-up Age');
    const date = list.headers['last-modified'];
    if (date) assert.ok(Date.now() - Date.parse(date) < (3 * td + 2) * 1000, date);
    assert.ok(Math.abs(Date.parse(list.headers.date) - Date.now()) < 3000, 'Date is now');
  });
  await t.test('unknown query parameters change nothing (100)', async () => {
    const r = await get(`${urls.segment}?a=b&_x=%20`);
    assert.equal(r.status, 200);
    assert.ok(r.body.equals(whole));
  });
  await t.test('health and pages', async () => {
    assert.equal((await get(`${relay.base}/healthz`)).status, 200);
    assert.equal((await get(`${relay.base}/readyz`)).status, 200);
    for (const path of ['/', '/watch/control']) {
      const r = await get(`${relay.base}${path}`);
      assert.equal(r.status, 200, path);
      assert.match(r.headers['content-type'], /^text\/html/);
    }
  });
  await control.finish();
});

// What no browser sends: junk, huge heads, wrong methods, ranges, paths upwards, NUL.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the right code or a closed connection for each, never silence past the deadline,
// never an exit; a viewer and the control room notice nothing.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startControl } from './lib/control.mjs';
import { get, rawRequest, request, sleep, until } from './lib/http.mjs';
import { startRelay } from './lib/relay.mjs';

const line = (text) => `${text}\r\nHost: x\r\nConnection: close\r\n\r\n`;
const CASES = {
  'junk bytes': [Buffer.from([0, 255, 13, 10, 1, 2, 3, 13, 10, 13, 10]), [400, 0]],
  'TLS hello': [Buffer.from('16030100c8010000c40303', 'hex'), [400, 0, 408]],
  'SSH banner': ['SSH-2.0-OpenSSH_9.2\r\n\r\n', [400, 501, 0]],
  'no such method': [line('BREW /live/control/index.m3u8 HTTP/1.1'), [400, 405, 501]],
  'lower-case method': [line('get / HTTP/1.1'), [400, 405, 501]],
  'no version': ['GET /\r\n\r\n', [400, 505, 0]],
  'HTTP/3.7': [line('GET / HTTP/3.7'), [400, 505]],
  'space before a colon': ['GET / HTTP/1.1\r\nHost : x\r\n\r\n', [400]],
  'folded header': ['GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nConnection: close\r\n\r\n',
    [400, 200]],
  'NUL in a header': ['GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n', [400]],
  'NUL in the path': [line('GET /live/control\0/index.m3u8 HTTP/1.1'), [400, 404]],
  'encoded NUL': [line('GET /live/control%00/index.m3u8 HTTP/1.1'), [400, 404]],
  'path upwards': [line('GET /live/../../../etc/passwd HTTP/1.1'), [400, 404]],
  'encoded path upwards': [line('GET /live/%2e%2e/%2e%2e/etc/passwd HTTP/1.1'), [400, 404]],
  'room name upwards': [line('GET /live/..%2f..%2fetc/index.m3u8 HTTP/1.1'), [400, 404]],
  'double slash': [line('GET //live//control//index.m3u8 HTTP/1.1'), [400, 404, 301]],
  'broken percent': [line('GET /live/%zz/index.m3u8 HTTP/1.1'), [400, 404]],
  'absolute URL of another host': [line('GET http://example.org/ HTTP/1.1'), [200, 400, 404, 421]],
  'long path': [line(`GET /${'a'.repeat(20000)} HTTP/1.1`), [400, 414, 431]],
  'long query': [line(`GET /live/control/index.m3u8?${'q'.repeat(20000)} HTTP/1.1`),
    [400, 414, 431]],
  'a thousand headers': [`GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5000)}\r\n`, [400, 431]],
  'a header of 64 KB': [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(65536)}\r\n\r\n`, [400, 431]],
  'length and chunks': ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n'
    + 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', [400, 405, 411, 413]],
  'negative length': ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', [400]],
  'two lengths': ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    [400]],
  'huge body announced': ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n',
    [400, 405, 413]],
};

test('HTTP garbage', async (t) => {
  const relay = await startRelay(t, { set: ['http.head_timeout_ms=1500'] });
  const control = await startControl(t, relay);
  const port = relay.httpPort;
  for (const [what, [bytes, codes]] of Object.entries(CASES)) {
    await t.test(what, async () => {
      const r = await rawRequest(port, bytes, { quietMs: 3000 });
      const said = `${r.status}, expected ${codes}: ${r.text.slice(0, 200)}`;
      assert.ok(codes.includes(r.status), said);
      if (r.status === 0) assert.notEqual(r.how, 'silent', 'closed when there is nothing to say');
      assert.doesNotMatch(r.text, /root:/);
    });
  }
  await t.test('a head of 1 MB', async () => {
    const filling = Buffer.alloc(1 << 20, 'h');
    for (const [start, codes] of [['', [400, 431, 501]], ['GET /', [414, 431]],
      ['GET / HTTP/1.1\r\nHost: x\r\nA: ', [431]]]) {
      const r = await rawRequest(port, Buffer.concat([Buffer.from(start), filling]));
      // A server that closes before it has read all may reset the connection over its answer.
      assert.ok([...codes, 0].includes(r.status), `${r.status} for ${start}`);
      assert.notEqual(r.how, 'silent');
    }
  });
  await t.test('methods that are not offered', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const r = await request(`${relay.base}/live/control/index.m3u8`, { method });
      assert.ok([405, 501].includes(r.status), `${method}: ${r.status}`);
      if (r.status === 405) assert.match(r.headers.allow ?? '', /GET/, 'Allow says what is');
    }
  });
  await t.test('bad ranges', async () => {
    const [segment] = control.follower.renditions.get('video').ordered();
    const asked = async (range) => (await get(segment.url, { headers: { range } })).status;
    assert.equal(await asked(`bytes=${segment.size}-`), 416);
    assert.equal(await asked('bytes=99999999999999999999-'), 416);
    assert.equal(await asked('bytes=-0'), 416);
    for (const odd of ['bytes=5-2', 'bytes=a-b', 'bytes=', 'bytes=--', 'lines=1-2', 'bytes=0-0,2-3',
      `bytes=${'0-1,'.repeat(500)}0-1`]) {
      assert.ok([200, 206, 400, 416].includes(await asked(odd)), odd);
    }
  });
  await t.test('things that are not there', async () => {
    for (const path of ['/live/control/video/999999999.m4s', '/live/nobody/index.m3u8', '/live/',
      '/live/control/', '/live/control/video.m3u8/x', '/nothing', '/live/control/video/',
      '/live/control/audio-9.m3u8', '/live/.hidden/index.m3u8']) {
      assert.equal((await get(`${relay.base}${path}`)).status, 404, path);
    }
  });
  await t.test('a head that never ends is cut', () => new Promise((resolve, reject) => {
    const began = Date.now();
    const s = net.connect(port, '127.0.0.1');
    const drip = setInterval(() => s.write('G'), 200);
    s.on('error', () => {});
    s.on('data', () => {});
    s.on('close', () => { clearInterval(drip); resolve(); });
    setTimeout(() => { s.destroy(); reject(new Error(`open after ${Date.now() - began} ms`)); },
      6000).unref();
  }));
  await t.test('a thousand requests in one write', async () => {
    const one = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const r = await rawRequest(port, one.repeat(1000), { quietMs: 2000 });
    assert.ok(r.statuses.length >= 1 && r.statuses.every((s) => s === 200), `${r.statuses.length}`);
  });
  await t.test('200 connections that say nothing', async () => {
    const idle = Array.from({ length: 200 }, () => net.connect(port, '127.0.0.1')
      .on('error', () => {}));
    await sleep(500);
    const { status, ms } = await get(`${relay.base}/healthz`);
    idle.forEach((s) => s.destroy());
    assert.equal(status, 200);
    assert.ok(ms < 1000, `${ms} ms`);
  });
  await until('the relay to be well', 2000, async () =>
    (await get(`${relay.base}/readyz`)).status === 200);
  await control.finish();
});

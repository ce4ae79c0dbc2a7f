// Viewers over TLS: the same bytes as over HTTP, and certificates that are renewed under way.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a room followed over https:// keeps every rule, and its segments are those of http://; a
// new pair is served after SIGHUP and a bad one is not, which the log says; an upgrade leaves the
// port open, the pair in force and tickets good; a start with a bad pair is refused, naming the file.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { freePort, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { Follower } from './lib/follower.mjs';
import { get, rawRequest, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { fronts, upgrade } from './lib/upgrade.mjs';

// A pair of files that no authority has signed. → {certificate, key, serial}
async function makePair(dir, name, days = 30) {
  const [certificate, key] = ['pem', 'key'].map((end) => path.join(dir, `${name}.${end}`));
  const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate, '-days', `${days}`,
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']);
  assert.equal(made.code, 0, made.log);
  return { certificate, key, serial: new X509Certificate(readFileSync(certificate)).serialNumber };
}

// One handshake and one request of a viewer that knows no HTTP/2 (http2.test.mjs has those). → {serial, resumed, session, protocol, alpn, status}
function visit(port, { session, version = 'TLSv1.3' } = {}) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, session,
      minVersion: version, maxVersion: version, ALPNProtocols: ['http/1.1'] }, () => {
      Object.assign(seen, { serial: socket.getPeerCertificate().serialNumber,
        resumed: socket.isSessionReused(), protocol: socket.getProtocol(),
        alpn: socket.alpnProtocol });
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    });
    socket.on('session', (s) => { seen.session = s; });
    socket.on('data', (d) => { seen.status ??= Number(/^HTTP\/1.1 (\d+)/.exec(d)?.[1]); });
    socket.on('end', () => resolve(seen));
    socket.on('error', reject);
  });
}

const body = (url) => new Promise((resolve, reject) => {
  https.get(url, { agent: false, rejectUnauthorized: false }, (response) => {
    const chunks = [];
    response.on('data', (c) => chunks.push(c));
    response.on('end', () => resolve(Buffer.concat(chunks)));
  }).on('error', reject);
});

test('a room over https, new certificates, an upgrade', { timeout: 120000 }, async (t) => {
  const dir = scratch(t);
  const port = await freePort();
  const [first, second, third] = [await makePair(dir, 'first'), await makePair(dir, 'second'),
    await makePair(dir, 'third')];
  const [certificate, key] = [path.join(dir, 'now.pem'), path.join(dir, 'now.key')];
  const install = (c, k) => { copyFileSync(c, certificate); copyFileSync(k, key); };
  install(first.certificate, first.key);
  const relay = await startRelay(t, { errors: [/reload_refused/, /front_died.*Killed/], set: [
    `https.listen=127.0.0.1:${port}`, `https.certificate=${certificate}`, `https.key=${key}`] });
  const reload = async (said) => {
    const before = relay.lines(said).length;
    relay.child.signal('SIGHUP');
    await until(`${said}`, 5000, () => relay.lines(said).length > before);
  };

  const source = await clip('h264-4k');
  const plain = watch(t, relay, 'main');
  const secure = new Follower(`https://127.0.0.1:${port}`, 'main', { insecure: true }).start();
  t.after(() => { secure.running = false; });
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await Promise.all([untilPlaying(plain, 1), untilPlaying(secure, 1)]);

  const old = await visit(port, { version: 'TLSv1.2' });
  const seen = await visit(port);
  assert.deepEqual([old, seen].map((v) => [v.serial, v.protocol, v.alpn, v.status, v.resumed]),
    [[first.serial, 'TLSv1.2', 'http/1.1', 200, false],
      [first.serial, 'TLSv1.3', 'http/1.1', 200, false]]);
  assert.ok((await visit(port, { session: seen.session })).resumed, 'the ticket is good');
  const lost = await rawRequest(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(`${lost.status} ${lost.text}`, /^400 .*https:\/\//s);

  install(second.certificate, second.key);
  await reload(/front certificate_taken/);
  assert.equal((await visit(port)).serial, second.serial, 'the new pair');
  install(third.certificate, first.key);
  await reload(/reload_refused/);
  assert.ok(relay.log.includes(key), 'the log names the file');
  assert.equal((await visit(port)).serial, second.serial, 'the old pair, not the bad one');

  await endedWell(push, source);
  await assertClean(plain, [source.sent]);
  await assertClean(secure, [source.sent]);
  for (const segment of plain.renditions.get('video').ordered().slice(-3)) {
    const [a, b] = [await get(segment.url), await body(segment.url
      .replace(relay.base, `https://127.0.0.1:${port}`))];
    assert.ok(a.body.length > 1000 && a.body.equals(b), `the same bytes: ${segment.url}`);
  }

  install(third.certificate, third.key);
  await upgrade(relay);
  await until('the old front to go', 15000, () => fronts(relay).length === 1);
  const after = await visit(port, { session: seen.session });
  assert.ok(after.resumed && after.status === 200, 'a ticket from before the upgrade');
  assert.equal((await visit(port)).serial, third.serial, 'what the files say now');
  install(first.certificate, first.key);
  await reload(/front certificate_taken/);
  assert.equal((await visit(port)).serial, first.serial, 'renewed after the upgrade');
  process.kill(fronts(relay)[0].pid, 'SIGKILL'); // the next one has pair and keys from others
  await until('another front', 10000, async () =>
    (await visit(port, { session: seen.session }).catch(() => null))?.resumed);
  assert.ok(await relay.metric(/https_handshakes/) >= 1);
  const ends = Date.parse(new X509Certificate(readFileSync(certificate)).validTo) / 1000;
  assert.equal(await relay.metric(/https_certificate_ends/), ends);
});

test('an upgrade after HTTPS was taken out of the file', async (t) => {
  const dir = scratch(t);
  const port = await freePort();
  const pair = await makePair(dir, 'pair');
  const relay = await startRelay(t, { config: `https:\n  listen: "127.0.0.1:${port}"\n`
    + `  certificate: "${pair.certificate}"\n  key: "${pair.key}"\n` });
  assert.equal((await visit(port)).status, 200);
  writeFileSync(relay.options.configFile, 'log:\n  level: info\n');
  await upgrade(relay);
  await until('the old front to go', 15000, () => fronts(relay).length === 1);
  assert.equal((await visit(port)).serial, pair.serial, 'its socket stays until a start');
});

test('a bad pair is refused at the start', async (t) => {
  const dir = scratch(t);
  const [good, other] = [await makePair(dir, 'good'), await makePair(dir, 'other')];
  const [empty, none] = [path.join(dir, 'empty.pem'), path.join(dir, 'none.pem')];
  writeFileSync(empty, 'nothing\n');
  for (const [certificate, key, named] of [[none, good.key, none], [good.certificate, none, none],
    [empty, good.key, empty], [good.certificate, empty, empty],
    [good.certificate, other.key, other.key]]) {
    const r = await run(BINARY, ['--set', 'https.listen=127.0.0.1:1', '--set',
      `https.certificate=${certificate}`, '--set', `https.key=${key}`]);
    assert.equal(r.code, 2, r.log);
    assert.match(r.log, /https\.(certificate|key)=?.*: expected .*, got /);
    assert.ok(r.log.includes(named), r.log);
  }
});

// Who is an organizer: nobody by way of a proxy here, nor with a token that is no longer good.
// SPDX-License-Identifier: MIT
//
// EXPECTED: without tokens this machine may look, and nothing may be done; what comes through an
// nginx as it is installed may not even look. A reload with other tokens ends what the old ones had
// opened; workers never know a token.
import assert from 'node:assert/strict';
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Child, freePort } from './lib/child.mjs';
import { ask, listen, post } from './lib/console.mjs';
import { get, rawRequest, until } from './lib/http.mjs';
import { scratch, startRelay } from './lib/relay.mjs';

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

async function stockNginx(t, relay) {
  const dir = scratch(t);
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
  const file = path.join(dir, 'nginx.conf');
  writeFileSync(file, `daemon off; pid ${dir}/pid; events {} http { ${temp} access_log off;
    server { listen 127.0.0.1:${port};
      location / { proxy_pass http://127.0.0.1:${relay.httpPort}; } } }`);
  const child = new Child('nginx', ['-c', file, '-e', path.join(dir, 'error.log')], { env: { PATH } });
  t.after(async () => {
    child.signal('SIGTERM');
    await child.wait(5000).catch(() => child.signal('SIGKILL'));
  });
  const proxy = { base: `http://127.0.0.1:${port}`, options: {} };
  await until('nginx to answer', 10000, async () => {
    if (child.status) throw new Error(`nginx ended: ${child.out}${child.log}`);
    return (await get(`${proxy.base}/readyz`).catch(() => null))?.status === 200;
  });
  return proxy;
}

test('without tokens', async (t) => {
  const relay = await startRelay(t);
  const proxy = await stockNginx(t, relay);
  for (const place of ['/api/v1/rooms', '/metrics', '/console', '/api/v1/events']) {
    assert.equal((await get(`${proxy.base}${place}`)).status, 403, `${place} through nginx`);
  }
  for (const place of ['/api/v1/rooms', '/metrics', '/console']) {
    assert.equal((await get(`${relay.base}${place}`)).status, 200, place);
  }
  for (const way of [proxy, relay]) {
    const acts = await post(way, 'rooms/hall/kick');
    assert.equal(acts.status, 403);
    if (way === relay) assert.match(acts.json.detail, /set access\.organizer_token/);
  }
  const old = await rawRequest(relay.httpPort,
    'GET /api/v1/rooms HTTP/1.0\r\nHost: localhost\r\n\r\n');
  assert.equal(old.status, 403, 'HTTP/1.0 is what nginx speaks to whom it passes on to');
});

// Does a process hold these bytes anywhere that it may write to?
function remembers(pid, text) {
  const mem = openSync(`/proc/${pid}/mem`);
  return readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n').some((line) => {
    const m = /^([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+ *(.*)$/.exec(line);
    if (!m) return false;
    const [from, to] = [parseInt(m[1], 16), parseInt(m[2], 16)];
    if (to - from > 64 << 20) return false; // an arena of which little is used
    const bytes = Buffer.alloc(to - from);
    try {
      return readSync(mem, bytes, 0, bytes.length, from) > 0 && bytes.includes(text);
    } catch { return false; }
  });
}

test('what is revoked ends', async (t) => {
  const options = { token: 'the-old-token-of-all',
    config: 'access: {organizer_token: the-old-token-of-all}\n' };
  const relay = await startRelay(t, options);
  const heard = await listen(t, relay);
  await until('the first event', 2000, () => heard.events.length > 0);
  const front = relay.processes().find((p) => /^roomcast-f/.test(p.name));
  if (process.getuid() === 0) {
    assert.ok(remembers(front.pid, 'token-of-all'));
    for (const { pid } of relay.workers()) assert.ok(!remembers(pid, 'token-of-all'), 'a worker');
  }
  writeFileSync(options.configFile, 'access: {organizer_token: the-new-token-of-all}\n');
  relay.child.signal('SIGHUP');
  await until('the end of what the old token had opened', 3000, () => heard.ended);
  assert.equal((await ask(relay, 'rooms')).status, 401);
  options.token = 'the-new-token-of-all';
  const again = await listen(t, relay);
  await until('the first event', 2000, () => again.events.length > 0);
  await until('all to have it', 3000, () => relay.lines(/configuration_reloaded/).length
    === relay.workers().length);
  if (process.getuid() === 0) {
    for (const { pid } of relay.workers()) assert.ok(!remembers(pid, 'token-of-all'), 'a worker');
  }
  writeFileSync(options.configFile, 'access: {organizer_token: the-new-token-of-all}\nhls: {part_ms: 600}\n');
  relay.child.signal('SIGHUP');
  await until('another reload', 3000, () => relay.lines(/configuration_reloaded/).length
    === 2 * relay.workers().length);
  assert.ok(!again.ended, 'what is still good goes on');
  assert.doesNotMatch(relay.log, /token-of-all/);
});

// Varnish and nginx as a test runs them: the configuration that ships, with this test's ports.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child, ROOT, freePort, run } from './child.mjs';
import { get, rawRequest, sleep, until } from './http.mjs';
import { scratch } from './relay.mjs';

const SWARM = path.join(ROOT, 'build', 'tests', 'bench', 'part_swarm');
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const shipped = (name) => readFileSync(path.join(ROOT, 'config', 'caches', name), 'utf8');

function swap(text, from, to) {
  assert.ok(text.includes(from), `"${from}" in the configuration`);
  return text.replace(from, to);
}

// The one for rooms that only signed links open, with the cache's own.
const signed = (name, token) => shipped(name).replaceAll('~CACHE_TOKEN', `~${token}`);

function nginx(dir, relay, port, { token } = {}) {
  let text = swap(token ? signed('nginx-signed.conf', token) : shipped('nginx.conf'), '127.0.0.1:8080', `127.0.0.1:${relay.httpPort}`);
  text = swap(text, 'listen 80 ', `listen 127.0.0.1:${port} `);
  text = swap(text, '/dev/shm/roomcast', path.join(dir, 'cache'));
  text = swap(text, 'worker_processes auto', 'worker_processes 2');
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
  text = `daemon off; pid ${dir}/nginx.pid; user root;\n${swap(text, 'http {', `http { ${temp}`)}`;
  if (process.getuid() !== 0) text = swap(text, 'user root;', '');
  const file = path.join(dir, 'nginx.conf');
  writeFileSync(file, text);
  return new Child('nginx', ['-c', file, '-e', path.join(dir, 'error.log')], { env: { PATH } });
}

function varnish(dir, relay, port, { token } = {}) {
  const text = swap(token ? signed('varnish-signed.vcl', token) : shipped('varnish.vcl'), '"8080"', `"${relay.httpPort}"`);
  const file = path.join(dir, 'varnish.vcl');
  writeFileSync(file, text);
  return new Child('varnishd', ['-F', '-f', file, '-a', `127.0.0.1:${port}`, '-n',
    path.join(dir, 'varnish'), '-s', 'malloc,256m', '-T', 'none', '-j', 'none', '-p',
    'backend_idle_timeout=10'], { env: { PATH } });
}

const CACHES = { nginx, varnish };

// A cache in front of the relay; ends with the test. options: token (the cache's own link).
// → {base, port, dir}
export async function startCache(t, name, relay, options) {
  const dir = scratch(t);
  const port = await freePort();
  const child = CACHES[name](dir, relay, port, options);
  const base = `http://127.0.0.1:${port}`;
  t.after(async () => {
    child.signal('SIGTERM');
    await child.wait(5000).catch(() => child.signal('SIGKILL'));
  });
  await until(`${name} to answer`, 20000, async () => {
    if (child.status) throw new Error(`${name} ended: ${child.out}${child.log}`);
    return (await get(`${base}/readyz`).catch(() => null))?.status === 200;
  });
  return { base, port, dir };
}

const ask = async (port, target) => (await rawRequest(port,
  `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).status;

// What is for the operator is not to be had through a cache, however it is written; and no other
// spelling of an address spoils the answer to those who write it as everybody does.
export async function keepsToItself({ port }) {
  for (const target of ['/api/v1/rooms', '/api/v1/debug?x', '/metrics', '/metrics?x', '/console',
    'http://x/api/v1/rooms', 'http://x/metrics', 'https://x/metrics', '/./metrics', '//metrics',
    '/%6detrics', '/live/../metrics', '/live/%2e%2e/metrics', '/api/../api/v1/rooms']) {
    const status = await ask(port, target);
    assert.ok([400, 403, 404].includes(status), `${target}: ${status}`);
    if (/^\/(api\/v1|metrics|console)/.test(target)) assert.equal(status, 403, target);
  }
  for (const other of ['/live/rooms%2ejson', '/live/./rooms.json', '/x/../live/rooms.json', '//live/rooms.json']) {
    const mine = `?${encodeURIComponent(other)}`;
    assert.notEqual(await ask(port, other + mine), 200, other);
    assert.equal(await ask(port, `/live/rooms.json${mine}`), 200, `behind ${other}`);
  }
}

// Requests that the relay has answered so far, those for its own metrics left out.
let asked = 0;
export async function answered(relay) {
  const n = await relay.metric(/^roomcast_http_requests_total/) - asked;
  asked++;
  return n;
}

// Viewers that follow the room for some seconds through host:port. → what part_swarm says, and how
// many requests the relay answered meanwhile
export async function swarm(relay, port, { viewers, seconds, more = [], room = 'main' }) {
  const before = await answered(relay);
  const r = await run(SWARM, ['--viewers', `${viewers}`, '--seconds', `${seconds}`, ...more,
    `127.0.0.1:${port}/live/${room}/`], { limitMs: (seconds + 15) * 1000 });
  assert.equal(r.code, 0, `part_swarm: ${r.out}${r.log}`);
  const said = Object.fromEntries([...r.out.matchAll(/(\w+)=([\d.]+)/g)]
    .map((m) => [m[1], Number(m[2])]));
  return { ...said, log: r.log, requests: await answered(relay) - before };
}

export { sleep };

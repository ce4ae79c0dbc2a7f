// Viewers over HTTP/2, by TLS and by prior knowledge: one connection each for everything.
// SPDX-License-Identifier: MIT
//
// EXPECTED: playlists, blocking reloads, hinted parts, ranges, 304 and HEAD answer as over HTTP/1.1,
// segments are the same bytes, a hundred reloads wait on one connection and are answered together;
// signed links open and close what they do there, the API takes actions and tells events; nghttp's
// tools find nothing wrong; SIGTERM says GOAWAY, ends what is under way whole, exit 0; an upgrade in
// the midst of a connection's preface is not noticed.
import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, freePort, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { get, until } from './lib/http.mjs';
import { openHttp2 } from './lib/http2.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { untilPlaying, watch } from './lib/situation.mjs';
import { upgrade } from './lib/upgrade.mjs';

const LIST = '/live/main/video.m3u8';
const TOGETHER = 90;

// The numbers of what comes next: {msn, part, hint (its address and, if it is a range, where)}.
function nextOf(text) {
  const list = parsePlaylist(text);
  const tags = list.tags.slice(list.tags.findLastIndex((t) => t.uri !== undefined) + 1);
  const hint = tags.find((t) => t.name === 'EXT-X-PRELOAD-HINT');
  const value = (name) => hint?.attributes.get(name)?.value;
  return { msn: list.mediaSequence + list.segments.length,
    part: tags.filter((t) => t.name === 'EXT-X-PART').length, segments: list.segments,
    hint: hint && { uri: value('URI'), start: value('BYTERANGE-START') } };
}

async function follow(h2, seconds) {
  const until_ms = Date.now() + seconds * 1000;
  let reloads = 0;
  let next = nextOf((await h2.get(LIST)).body.toString());
  while (Date.now() < until_ms) {
    const headers = next.hint?.start ? { range: `bytes=${next.hint.start}-` } : {};
    const hinted = next.hint && h2.get(new URL(next.hint.uri, `http://x${LIST}`).pathname, headers);
    const r = await h2.get(`${LIST}?_HLS_msn=${next.msn}&_HLS_part=${next.part}`);
    assert.equal(r.status, 200, r.body.toString());
    const now = nextOf(r.body.toString());
    assert.ok(now.msn > next.msn || now.part > next.part, 'the reload shows what it waited for');
    if (hinted) {
      const part = await hinted;
      assert.ok([200, 206].includes(part.status) && part.body.length > 0, `hint: ${part.status}`);
    }
    next = now;
    reloads++;
  }
  return { reloads, next };
}

async function assertSame(h2, relay, segment) {
  const one = await get(segment);
  const two = await h2.get(new URL(segment).pathname);
  assert.ok(one.body.length > 1000 && one.body.equals(two.body), segment);
  for (const name of ['content-type', 'content-length', 'cache-control', 'etag', 'accept-ranges',
    'access-control-allow-origin']) assert.equal(two.headers[name], one.headers[name], name);
  const range = await h2.get(new URL(segment).pathname, { range: 'bytes=100-299' });
  assert.equal(range.status, 206);
  assert.ok(range.body.equals(one.body.subarray(100, 300)));
  const same = await h2.get(new URL(segment).pathname, { 'if-none-match': one.headers.etag });
  assert.deepEqual([same.status, same.body.length], [304, 0]);
  const head = await h2.get(new URL(segment).pathname, {}, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length],
    [200, `${one.body.length}`, 0]);
}

// Whoever asks in whichever version is judged alike; who guesses on is sent away.
async function assertJudged(t, relay, ways) {
  const sign = async (...more) => (await run(path.join(ROOT, 'build', 'roomcast'), ['sign', '--config',
    relay.options.configFile, '--expires', '1h', ...more])).out.split('\n')[0];
  const good = await sign('--room', 'shut');
  const bound = await sign('--room', 'shut', '--address', '127.0.0.0/8');
  const other = await sign('--room', 'other');
  const forwarded = { 'x-forwarded-for': '127.0.0.1' };
  for (const [what, headers, status] of [['shut/index.m3u8', {}, 403], [`~${good}/shut/none`, {}, 404],
    [`~${good}/shut/access`, {}, 204], [`shut/access?token=${good}`, {}, 204],
    [`~${bound}/shut/access`, {}, 204], [`~${bound}/shut/access`, forwarded, 403],
    [`~${other}/shut/access`, {}, 403], [`~${good.slice(0, -1)}/shut/access`, {}, 403],
    [`~${good}/shut/access?address=192.0.2.1`, {}, 204],
    [`~${bound}/shut/access?address=192.0.2.1`, {}, 403]]) {
    const one = await get(`${relay.base}/live/${what}`, { headers });
    for (const h2 of ways) {
      const two = await h2.get(`/live/${what}`, headers);
      assert.deepEqual([two.status, two.headers['cache-control'], two.body.toString()],
        [one.status, one.headers['cache-control'], one.body.toString()], what);
    }
    assert.equal(one.status, status, what);
  }
  for (const token of [good, bound, other]) assert.ok(!relay.log.includes(token), 'a token in the log');
  const guesser = openHttp2(relay.base);
  t.after(() => guesser.session.destroy());
  let guesses = 0;
  while (!guesser.goaways.length && guesses++ < 500)
    await guesser.get(`/live/~${guesses}/shut/index.m3u8`).catch(() => {});
  assert.ok(guesses < 200, 'sent away');
  await guesser.closed;
}

const TOKEN = 'organizer-of-this-test';
const SIGNED_IN = { authorization: `Bearer ${TOKEN}` };

// An event stream stays open beside everything else, and actions bring their bodies.
async function assertConsole(h2) {
  const said = [];
  const events = h2.get('/api/v1/events', { accept: 'text/event-stream', ...SIGNED_IN },
    { timeoutMs: 60000 });
  events.stream.on('data', (d) => said.push(`${d}`));
  await until('the first event', 5000, () => /^event: rooms$/m.test(said.join('')));
  const act = (action, text) => h2.get(`/api/v1/rooms/main/${action}`, SIGNED_IN,
    { method: 'POST', text });
  const chosen = await act('on-air', '{"role":"main"}');
  assert.deepEqual([chosen.status, `${chosen.body}`], [200, '{"chosen":"main"}\n']);
  await until('the change', 5000, () => /^event: room\ndata: .*"chosen":"main"/m.test(said.join('')));
  assert.equal((await act('on-air', '{"role":"auto"}')).status, 200);
  assert.equal((await act('on-air', 'main')).status, 400);
  assert.equal((await act('on-air', ' '.repeat(5000))).status, 413);
  assert.equal((await act('kick', '{"role":"backup"}')).status, 200);
  const nobody = await h2.get('/api/v1/rooms/main/kick', {}, { method: 'POST', text: '{}' });
  assert.equal(nobody.status, 401);
  return { events };
}

test('a room over HTTP/2', { timeout: 120000 }, async (t) => {
  const dir = scratch(t);
  const port = await freePort();
  const [certificate, key] = ['c.pem', 'k.pem'].map((name) => path.join(dir, name));
  const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate, '-days', '2',
    '-subj', '/CN=localhost']);
  assert.equal(made.code, 0, made.log);
  const config = `rooms:\n  sign_keys: "a=${'a'.repeat(40)}"\n  list:\n`
    + `  - name: shut\n    access: signed\naccess:\n  organizer_token: "${TOKEN}"\n`;
  const relay = await startRelay(t, { config, token: TOKEN, set: ['hls.low_latency=true',
    `https.listen=127.0.0.1:${port}`, `https.certificate=${certificate}`, `https.key=${key}`] });
  const plain = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('small'), loop: 20 });
  await untilPlaying(plain, 2);

  const secure = `https://127.0.0.1:${port}`;
  const [clear, tls] = [openHttp2(relay.base), openHttp2(secure)];
  t.after(() => { clear.session.destroy(); tls.session.destroy(); });
  const followed = await Promise.all([follow(clear, 6), follow(tls, 6)]);
  for (const f of followed) assert.ok(f.reloads >= 6, `${f.reloads} reloads`);
  assert.equal(tls.session.alpnProtocol, 'h2');
  for (const h2 of [clear, tls]) {
    const segment = plain.renditions.get('video').ordered().at(-2).url;
    await assertSame(h2, relay, segment);
  }

  await assertJudged(t, relay, [clear, tls]);
  const { events } = await assertConsole(tls);
  assert.equal(await relay.metric(/http_listeners\b/), 1);

  const { msn } = nextOf((await tls.get(LIST)).body.toString());
  const waiting = Array.from({ length: TOGETHER }, () => tls.get(`${LIST}?_HLS_msn=${msn}`));
  const answers = await Promise.all(waiting);
  assert.ok(answers.every((a) => a.status === 200 && a.body.equals(answers[0].body)), 'one reply');

  for (const base of [relay.base, secure]) {
    const load = await run('h2load', ['-n', '2000', '-c', '10', '-m', '20', `${base}${LIST}`]);
    assert.match(load.out, /2000 succeeded, 0 failed, 0 errored, 0 timeout/, load.out);
    const nghttp = await run('nghttp', ['-nv', '--no-verify-peer', `${base}${LIST}`]);
    assert.match(nghttp.out, /:status: 200/, nghttp.out);
    assert.doesNotMatch(nghttp.out, /PROTOCOL_ERROR|INTERNAL_ERROR/);
  }
  assert.ok(await relay.metric(/http2_connections_total/) >= 24);
  assert.equal(await relay.metric(/http2_floods_total/), 0);

  // a viewer that takes a segment in small steps, one that waits, one that idles
  const slow = openHttp2(secure, { initialWindowSize: 20000 });
  const idle = openHttp2(relay.base);
  t.after(() => { slow.session.destroy(); idle.session.destroy(); });
  await idle.get(LIST);
  const url = plain.renditions.get('video').ordered().at(-1).url;
  const whole = (await get(url)).body;
  const next = nextOf((await slow.get(LIST)).body.toString());
  const waits = slow.get(`${LIST}?_HLS_msn=${next.msn + 1}`);
  const flows = slow.get(new URL(url).pathname);
  await until('it to flow', 5000, () => flows.stream.bytesRead > 0 || flows.stream.readableFlowing);
  relay.child.signal('SIGTERM');
  assert.ok((await flows).body.equals(whole), 'what was begun ends whole');
  assert.ok([200, 503].includes((await waits).status));
  assert.match(`${(await events).body}`, /^retry: 2000\n/, 'a reply without an end ends in order');
  assert.deepEqual(await relay.child.wait(10000), { code: 0, signal: null });
  for (const h2 of [slow, idle, clear, tls]) {
    await h2.closed;
    assert.ok(h2.goaways.length > 0 && h2.goaways.every((g) => g.code === 0), 'GOAWAY, NO_ERROR');
    assert.deepEqual(h2.errors, []);
  }
  await push.child?.wait?.(10000);
});

test('a preface and an upgrade', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t);
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  const viewers = await Promise.all([0, 8].map((said) => new Promise((resolve) => {
    const socket = net.connect(relay.httpPort, '127.0.0.1', () => {
      socket.write(preface.slice(0, said), () => resolve({ socket, said }));
    });
    t.after(() => socket.destroy());
  })));
  await until('both to be there', 5000, async () => await relay.metric(/http_connections\b/) >= 2);
  await upgrade(relay);
  for (const { socket, said } of viewers) {
    const answer = new Promise((resolve) => { socket.once('data', resolve); });
    socket.write(preface.slice(said));
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])); // SETTINGS
    assert.equal((await answer)[3], 4, `SETTINGS comes back, after ${said} bytes before`);
    socket.destroy();
  }
});

// Web hooks: who is told when feeds and rooms come, go or are unwell.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each event comes signed and in the order of its room; what is answered with 500, not at
// all, or with rubbish comes again with the same id, and what is refused does not; a receiver that
// is slow or down delays nobody else. A 10 s GOP is called unhealthy in words. A reload brings
// another address and secret. Nothing is sent to who cannot show a known certificate.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { ask, post } from './lib/console.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { ORGANIZER, Receiver, makeSecret, sender, sends, tells } from './lib/receiver.mjs';
import { scratch, startRelay } from './lib/relay.mjs';

const WHOLE = ['feed.started', 'room.live', 'feed.stopped', 'room.silent'];

test('a room from its feed to its end', async (t) => {
  const [well, bad] = [await new Receiver().listen(t), await new Receiver().listen(t)];
  well.url = well.url.replace('127.0.0.1', 'localhost'); // a name is looked up inside of the sandbox
  const relay = await startRelay(t, tells([well, bad], { set: ['hooks.timeout_ms=3000',
    'rooms.list.stage.title=Main "Stage" 舞台'] }));
  let n = 0;
  const answers = [500, (req, res) => { setTimeout(() => res.destroy(), 9000); },
    (req, res) => res.socket.end('\x01\x02 rubbish\r\n\r\n'), (req, res) => {
      res.writeHead(200, { 'x-long': 'y'.repeat(9000) });
      res.end(Buffer.alloc(32 << 20, 'z'));
    }];
  bad.answer = () => answers[n++] ?? 200;
  const push = pushFfmpeg(t, relay, { room: 'stage', clip: await clip('small'), loop: 9 });
  await well.wait('stage', WHOLE.slice(0, 2));
  push.term();
  const all = await well.wait('stage', WHOLE);
  assert.ok(all.every((a) => a.body.title === 'Main "Stage" 舞台' && a.path === '/hook?from=roomcast'));
  const [started, live, stopped, silent] = all.map((a) => a.body);
  assert.equal(started.role, 'main');
  assert.equal(stopped.feed, started.feed);
  assert.match(stopped.reason.en, /encoder ended/);
  assert.match(stopped.reason.zh, /推流/);
  assert.equal(live.feed, null);
  assert.match(silent.reason.en, /host has left/);
  assert.ok(all.every((a) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(a.body.time) && a.body.events_lost === 0));
  const ids = all.map((a) => a.id);
  assert.deepEqual([...ids].sort(), ids, 'ids are in the order of time');

  // the first one: 500, then no answer in time, then rubbish, then 200 with a body without end
  await until('the other one to have all', 30000, () => bad.got.length >= 7);
  await sleep(300);
  assert.deepEqual(bad.got.map((a) => a.type), ['feed.started', 'feed.started', 'feed.started',
    'feed.started', ...WHOLE.slice(1)]);
  assert.equal(new Set(bad.got.slice(0, 4).map((a) => a.id)).size, 1, 'the same id each time');
  assert.deepEqual(bad.got.slice(3).map((a) => a.id), ids, 'and to all who are told');
  const stamps = bad.got.slice(0, 4).map((a) => Number(a.headers['webhook-timestamp']));
  assert.ok(stamps[3] > stamps[0], 'the timestamp is the attempt\'s');
  assert.equal(relay.lines(/ WARN hooks failing hook=2 to=http:\/\/127\.0\.0\.1:\d+ why="answered 500"/).length, 1);
  assert.equal(relay.lines(/ INFO hooks well hook=2 /).length, 1);
  assert.ok(!relay.log.includes('/hook?'), 'what is behind the host is as good as a key');

  const seen = (await ask(relay, 'hooks')).json.hooks;
  assert.deepEqual(seen.map((h) => [h.number, h.sent, h.failed, h.dropped, h.queued, h.tries,
    h.failing_s, h.last.status]), [[1, 4, 0, 0, 0, 4, 0, 200], [2, 4, 0, 0, 0, 7, 0, 200]]);
  assert.equal(seen[0].url, `http://localhost:${well.port}`);
  assert.equal((await relay.metrics()).get('roomcast_hooks_sent_total{hook="2"}'), 4);
  const { json } = await post(relay, 'hooks/test');
  await until('the test', 3000, () => well.got.some((a) => a.id === json.id && a.type === 'ping'));
  assert.equal((await post(relay, 'hooks/test')).status, 503, 'once a second');
  assert.equal((await post(relay, 'hooks/test', undefined, { token: 'not-an-organizers-token' })).status, 401);
  assert.deepEqual([well.faults, bad.faults], [[], []]);
});

test('a long GOP, a receiver that refuses, one that is down', async (t) => {
  const [well, refuses, down] = [await new Receiver().listen(t), await new Receiver().listen(t),
    await new Receiver().listen(t)];
  const port = down.port;
  await down.close();
  refuses.answer = () => 403;
  const relay = await startRelay(t, tells([well, refuses, down]));
  const push = pushFfmpeg(t, relay, { room: 'gop', clip: await clip('doctor-gop-10s'), loop: 2 });
  const [, unhealthy] = await until('the finding', 30000, () => {
    const all = well.taken('gop').filter((a) => /feed\.(started|unhealthy)/.test(a.type));
    return all.length === 2 && all;
  });
  assert.match(unhealthy.body.reason.en, /[Kk]eyframe/);
  assert.match(unhealthy.body.reason.zh, /关键帧/);
  assert.equal(unhealthy.body.finding, 'keyframe_interval');
  assert.match(unhealthy.body.light, /^(amber|red)$/);
  assert.equal(unhealthy.body.role, 'main');
  assert.equal(refuses.got.length, well.got.length, 'what is refused is not sent again');
  assert.match(relay.lines(/ WARN hooks refused hook=2 /)[0], /status=403 what="it does not accept the signature/);
  const [, second, third] = (await ask(relay, 'hooks')).json.hooks;
  assert.equal(second.failed, refuses.got.length);
  assert.ok(third.failing_s > 5 && third.queued === well.got.length && third.last.status === null);
  await down.listen(t, port);
  await until('what had waited', 70000, () => down.got.length >= well.got.length);
  assert.deepEqual(down.types('gop'), well.types('gop'), 'in order');
  await push.term();
  assert.deepEqual([well.faults, refuses.faults, down.faults], [[], [], []]);
});

test('another address and secret; https; what is full', async (t) => {
  const dir = scratch(t);
  const make = async (name) => {
    const [cert, key] = [path.join(dir, `${name}.pem`), path.join(dir, `${name}.key`)];
    const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
      'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']);
    assert.equal(made.code, 0, made.log);
    return { cert: readFileSync(cert), key: readFileSync(key), file: cert };
  };
  const [known, unknown] = [await make('known'), await make('unknown')];
  const first = await new Receiver().listen(t);
  const [secure, stranger] = [await new Receiver(known).listen(t), await new Receiver(unknown).listen(t)];
  const config = (hooks) => `access: {organizer_token: ${ORGANIZER}}\nhooks:\n${hooks}`;
  const hooks = (receivers, secrets, more = '') => config(`  url: "${receivers.map((r) => r.url).join(' ')}"\n`
    + `  secret: "${secrets.join(' ')}"\n  timeout_ms: 2000\n${more}`);
  const settings = { token: ORGANIZER, errors: [/reload_refused|hooks\.secret/],
    config: hooks([first], [first.secret]) };
  const relay = await startRelay(t, settings);
  const reload = async (text, pattern = / reloaded /) => {
    const had = relay.lines(pattern).length;
    writeFileSync(settings.configFile, text);
    relay.child.signal('SIGHUP');
    await until('the reload', 5000, () => relay.lines(pattern).length > had);
  };
  const ping = async () => {
    await sleep(1100);
    const r = await post(relay, 'hooks/test');
    assert.equal(r.status, 200, r.text);
    return r.json.id;
  };
  await sends(relay);
  const one = await ping();
  await until('the first', 5000, () => first.taken().some((a) => a.id === one));

  await reload(hooks([secure], []), /reload_refused/);
  const next = makeSecret();
  await reload(hooks([secure, stranger], [secure.secret, next], `  ca: "${known.file}"\n`));
  stranger.secret = next;
  const two = await ping();
  await until('the second', 5000, () => secure.taken().some((a) => a.id === two));
  assert.equal(secure.got.length, 1, 'a new address is told of what is new');
  assert.equal(secure.got[0].signatures, 2, 'two secrets, two signatures');
  assert.equal(first.got.length, 1, 'the old address is told no more');
  await until('the stranger to be found out', 5000, () => relay.lines(/ failing hook=2 .*certificate/i)[0]);
  assert.equal(stranger.got.length, 0, 'nothing is said to a stranger');

  secure.answer = () => (req, res) => res.writeHead(429, { 'Retry-After': '4' }).end();
  await reload(hooks([secure], [secure.secret], `  ca: "${known.file}"\n  queue: 3\n`));
  await ping();
  await until('the 429', 5000, () => secure.got.length === 2);
  const asked = Date.now();
  secure.answer = () => 200;
  const later = [await ping(), await ping()];
  assert.equal(secure.got.length, 2, 'it is left alone');
  await until('the rest', 8000, () => secure.taken().length === 4);
  assert.ok(secure.got[2].at - asked >= 3900, `for as long as it asked: ${secure.got[2].at - asked} ms`);
  assert.deepEqual(secure.taken().slice(-2).map((a) => a.id), later);

  secure.answer = () => 503;
  const lost = [await ping(), await ping(), await ping(), await ping(), await ping()];
  await until('two to be dropped', 5000, async () => (await ask(relay, 'hooks')).json.hooks[0].dropped === 2);
  secure.answer = () => 200;
  await until('those that were left', 40000, () => lost.slice(2).every((id) => secure.taken().some((a) => a.id === id)));
  const told = secure.taken().filter((a) => lost.includes(a.id));
  assert.deepEqual(told.map((a) => [a.id, a.body.events_lost]),
    [[lost[2], 2], [lost[3], 0], [lost[4], 0]]);
  assert.match(relay.lines(/ WARN hooks dropped hook=1 /).join(), /events=\d/);
  await reload(config('  url: ""\n'));
  await until('nobody to be told', 5000, () => !sender(relay));
  assert.equal((await post(relay, 'hooks/test')).status, 404);
  assert.deepEqual([first.faults, secure.faults], [[], []]);
});

test('what it may reach', async (t) => {
  const [receiver, elsewhere] = [await new Receiver().listen(t), await new Receiver().listen(t)];
  const nobody = { url: 'http://nobody.of.this.name.invalid/', secret: makeSecret() };
  const relay = await startRelay(t, tells([receiver, nobody]));
  await sends(relay);
  const status = readFileSync(`/proc/${sender(relay)}/status`, 'latin1');
  assert.match(status, /^Seccomp:\t2$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(relay.lines(/ hooks sandbox /)[0], /seccomp=\d+_calls .*capabilities=none/);
  for (const p of relay.processes().filter((x) => !/^roomcast-hooks/.test(x.name)))
    assert.ok(!/curl/.test(readFileSync(`/proc/${p.pid}/maps`, 'latin1')), `${p.name} has no libcurl`);
  const pid = sender(relay);
  assert.equal((await post(relay, 'hooks/test')).status, 200);
  await until('the test', 3000, () => receiver.got.length === 1);
  await until('nobody of that name to be found', 20000, () => relay.lines(/ failing hook=2 .*resolve host/i)[0]);
  assert.equal(sender(relay), pid, 'asking for names is let through');
  receiver.answer = () => (req, res) => res.writeHead(302, { Location: elsewhere.url }).end();
  await sleep(1000);
  assert.equal((await post(relay, 'hooks/test')).status, 200);
  await until('it to be sent elsewhere', 3000, () => relay.lines(
    / WARN hooks refused hook=1 .*status=302 what="it sends us elsewhere, and nobody is followed/)[0]);
  assert.deepEqual([receiver.got.length, elsewhere.got.length], [2, 0]);
});

// A room that only signed links open, with a real publisher and a real player's requests.
// SPDX-License-Identifier: MIT
//
// EXPECTED: `roomcast sign` makes links that play the room, low latency included, without a finding;
// nobody else gets anything: without a link, with one for another room or address, after its end, or
// with a key that a reload took away. The wall does not name the room.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { Follower } from './lib/follower.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const KEY = { a: 'a'.repeat(40), b: 'b'.repeat(40) };
const config = (keys) => `rooms:\n  sign_keys: "${keys.map((k) => `${k}=${KEY[k]}`).join(', ')}"\n`
  + '  list:\n  - name: stage\n    access: signed\n  - name: other\n    access: signed\n';

// Is it anywhere in what a process may write to? null: this machine does not let us look.
function remembers(pid, text) {
  let maps, fd;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw.p/gm);
    fd = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return null;
  }
  let found = null;
  for (const [, from, to] of maps) {
    const at = BigInt(`0x${from}`);
    const bytes = Buffer.alloc(Math.min(Number(BigInt(`0x${to}`) - at), 64 << 20));
    try {
      found = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, at)).includes(text) || found === true;
    } catch { /* a page that is not to be read */ }
  }
  closeSync(fd);
  return found;
}

test('signed links', { timeout: 90000 }, async (t) => {
  const relay = await startRelay(t, { config: config(['a']) });
  const file = relay.options.configFile;
  const sign = async (room, more = []) => {
    const said = await run(path.join(ROOT, 'build', 'roomcast'),
      ['sign', '--config', file, '--room', room, '--expires', '1h', ...more]);
    assert.equal(said.code, 0, said.log);
    const [token, page, playlist] = said.out.split('\n');
    return { token, page, playlist };
  };
  const status = async (link) => (await get(`${relay.base}${link}`)).status;
  const link = await sign('stage');

  const follower = new Follower(relay.base, null, { url: `${relay.base}${link.playlist}` });
  follower.start();
  const push = pushFfmpeg(t, relay, { room: 'stage', clip: await clip('small'), loop: 1 });
  await until('the room', 30000, async () => await status(link.playlist) === 200);

  await t.test('what cannot be signed is refused in words', async () => {
    const said = (more) => run(path.join(ROOT, 'build', 'roomcast'), ['sign', '--config', file, ...more]);
    for (const [more, why] of [[[], /--room and --expires/], [['--room', 'a'], /--room and --expires/],
      [['--room', 'a', '--expires', 'soon'], /such as 90s/], [['--room', 'a', '--expires', '0'], /such as/],
      [['--room', 'a b', '--expires', '1h'], /no room, or no address/],
      [['--room', 'a', '--expires', '1h', '--address', '10.0.0.0/33'], /no address prefix: 10/],
      [['--room', 'a', '--expires', '1h', '--key', 'c'], /no such key in rooms.sign_keys: c/],
      [['--room', 'a', '--expires', '1h', 'more'], /unexpected argument more/]]) {
      const r = await said(more);
      assert.deepEqual([r.code, r.out], [2, ''], more.join(' '));
      assert.match(r.log, why);
      assert.ok(!r.log.includes(KEY.a), 'the secret');
    }
  });
  await t.test('nobody else gets anything', async () => {
    const files = ['index.m3u8', 'video.m3u8', 'status.json', 'none'];
    const elsewhere = await sign('stage', ['--address', '192.0.2.0/24']);
    const wrong = await sign('other');
    for (const name of files) {
      for (const way of ['', `~${wrong.token}/`, `~${elsewhere.token}/`, '~x/', `~${link.token}x/`]) {
        const r = await get(`${relay.base}/live/${way}stage/${name}`);
        assert.equal(r.status, 403, `${way}${name}: ${r.status}`);
        assert.equal(r.headers['cache-control'], 'no-store');
        assert.equal(r.headers['access-control-allow-origin'], '*');
        assert.match(r.body.toString(), /^This room opens .*\.\n$/);
      }
    }
    const refused = async (why) => relay.metric(new RegExp(`^roomcast_access_refused_total.*"${why}"`));
    assert.equal(await refused('missing'), 4);
    assert.equal(await refused('other_room'), 4);
    assert.equal(await refused('other_address'), 4);
    assert.equal(await refused('malformed'), 8);
    const list = await get(`${relay.base}/live/rooms.json`);
    assert.deepEqual(JSON.parse(list.body).rooms, []);
    assert.equal(await status(link.page), 200);
  });
  await t.test('a query leads to the path form, without a redirect', async () => {
    const r = await get(`${relay.base}/live/stage/index.m3u8?token=${link.token}`);
    assert.equal(r.status, 200);
    assert.match(r.headers['cache-control'], /^private/);
    const uris = r.body.toString().split('\n').filter((l) => l && !l.startsWith('#'));
    assert.ok(uris.length > 0);
    for (const uri of uris) {
      assert.ok(uri.startsWith(`/live/~${link.token}/stage/`), uri);
      assert.equal(await status(uri), 200);
    }
  });
  await t.test('a link ends while it is watched', async () => {
    const short = await sign('st*', ['--expires', '2s']);
    const list = `/live/~${short.token}/stage/video.m3u8`;
    const first = await get(`${relay.base}${list}`);
    assert.equal(first.status, 200);
    assert.match(first.headers['cache-control'], /max-age=[12]\b/);
    await sleep(2100);
    assert.equal(await status(list), 403);
    assert.equal(await relay.metric(/^roomcast_access_refused_total.*"expired"/), 1);
  });
  await t.test('keys change without a viewer noticing', async () => {
    const reload = async (keys) => {
      const line = `reloaded file=`;
      const before = relay.child.log.split(line).length;
      writeFileSync(file, config(keys), { mode: 0o600 });
      relay.child.signal('SIGHUP');
      await until('the reload', 10000, () => relay.child.log.split(line).length > before);
    };
    await reload(['b', 'a']);
    const next = await sign('stage');
    assert.match(next.token, /^1~b~/);
    await until('the new key', 5000, async () => await status(next.playlist) === 200);
    assert.equal(await status(link.playlist), 200);
    const pid = (name) => Number(new RegExp(` ${name} ready pid=(\\d+)`).exec(relay.child.log)[1]);
    await until('the workers', 5000, () => / worker\/0 configuration_reloaded/.test(relay.child.log)
      && / worker\/1 configuration_reloaded/.test(relay.child.log));
    const front = remembers(pid('front'), KEY.b);
    if (front !== null) {
      assert.equal(front, true, 'the front judges links');
      for (const name of ['worker/0', 'worker/1'])
        assert.equal(remembers(pid(name), KEY.b), false, `${name} does not`);
    }
    await until('six segments', 20000, () => (follower.renditions.get('video')?.ordered().length ?? 0) > 6);
    follower.left();
    await push.kill();
    const { list: found } = await follower.stop();
    assert.deepEqual(found.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), []);
    const missed = follower.misses.filter((m) => !m.endsWith('/index.m3u8 404')); // before it began
    assert.deepEqual([follower.errors, missed], [[], []]);
    await reload(['b']);
    await until('the old key to be gone', 5000, async () => await status(link.playlist) === 403);
    assert.equal(await status(next.playlist), 200);
  });
});

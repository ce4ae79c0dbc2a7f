// The wall's pictures, from real keyframes to JPEGs that a viewer decodes.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a live room's picture has its colour, and another one soon after the colour changed; caches
// may keep it for seconds. A signed room's is seen with a link only. The helper may be killed, or stand
// still: another one follows, and with it the pictures; feeds and viewers notice nothing. It is shut in,
// has no hand on the journal, and the lowest priority. Turned off by a reload, pictures and helper are gone; on, they come back.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Child, ROOT, run } from './lib/child.mjs';
import { get, until } from './lib/http.mjs';
import { srtUrl } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';

const LIMIT_MS = 60000; // the helper runs when nobody else wants to
const config = (enabled) => `rooms:\n  sign_keys: "k=${'k'.repeat(40)}"\n  list:\n  - name: closed\n`
  + `    access: signed\npictures:\n  enabled: ${enabled}\n  interval_s: 1\n  cpu_percent: 50\n`;

// Blue for four seconds, then red, for ever; a keyframe every second.
function pushColours(t, relay, room) {
  const format = ',format=yuv420p,setsar=1';
  const push = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-re',
    '-f', 'lavfi', '-i', `color=c=blue:s=480x270:r=15:d=8${format}[a];color=c=red:s=480x270:r=15${format}[b];`
      + '[a][b]concat=n=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-g', '15',
    '-keyint_min', '15', '-sc_threshold', '0', '-b:v', '100k', '-f', 'mpegts', srtUrl(relay, { room })]);
  t.after(() => { push.signal('SIGKILL'); return push.exited; });
  return push;
}

const helperOf = (relay) => relay.processes().find((p) => /^roomcast-pics/.test(p.name))?.pid;

async function liveRooms(t) {
  const relay = await startRelay(t, { config: config(true) });
  const dir = scratch(t);
  const picture = (link = 'open', headers = {}) => get(`${relay.base}/live/${link}/picture.jpg`, { headers });
  const helper = () => helperOf(relay);

  // The middle of a JPEG as [r, g, b], read by ffmpeg.
  const colour = async (jpeg) => {
    const file = path.join(dir, 'p.jpg');
    writeFileSync(file, jpeg);
    const size = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height',
      '-of', 'csv=p=0', file]);
    assert.equal(size.out.trim(), 'mjpeg,320,180', size.log);
    const raw = path.join(dir, 'p.rgb');
    const r = await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-i', file, '-vf', 'crop=2:2', '-f',
      'rawvideo', '-pix_fmt', 'rgb24', raw]);
    assert.equal(r.code, 0, r.log);
    return [...readFileSync(raw).subarray(0, 3)];
  };
  const near = (seen, wanted) => seen.every((v, i) => Math.abs(v - wanted[i]) < 24);
  const untilColour = (words, wanted, link) => until(words, LIMIT_MS, async () => {
    const r = await picture(link);
    return r.status === 200 && near(await colour(r.body), wanted) && r;
  });

  assert.equal((await picture()).status, 404);
  pushColours(t, relay, 'open');
  pushColours(t, relay, 'closed');

  await t.test('the colour of what is sent', async () => {
    const first = await untilColour('a blue picture', [0, 0, 255]);
    assert.equal(first.headers['content-type'], 'image/jpeg');
    assert.equal(first.headers['cache-control'], 'public, max-age=5');
    const again = await picture('open', { 'If-None-Match': first.headers.etag });
    assert.ok(again.status === 304 || again.headers.etag !== first.headers.etag, `${again.status}`);
    const red = await untilColour('a red picture', [255, 0, 0]);
    assert.notEqual(red.headers.etag, first.headers.etag);
  });

  await t.test('said of the room', async () => {
    const rooms = JSON.parse((await get(`${relay.base}/api/v1/rooms`)).body).rooms;
    const age = Date.now() - Date.parse(rooms.find((r) => r.name === 'open').picture);
    assert.ok(age >= 0 && age < LIMIT_MS, `${age} ms`);
    const wall = JSON.parse((await get(`${relay.base}/live/rooms.json`)).body);
    assert.equal(wall.picture_interval_s, 1);
    assert.deepEqual(wall.rooms.map((r) => [r.name, r.picture]), [['open', true]]);
    assert.ok(await relay.metric(/^roomcast_pictures_total\{result="made"/) >= 2);
    assert.ok(await relay.metric(/^roomcast_picture_cpu_seconds_total/) > 0);
    assert.equal(await relay.metric(/^roomcast_picture_rooms/), 2);
    const bytes = await relay.metric(/^roomcast_picture_bytes/);
    assert.ok(bytes > 400 && bytes < 2 * 131072, `${bytes}`);
  });

  await t.test('a signed room shows it to who has a link', async () => {
    const said = await run(path.join(ROOT, 'build', 'roomcast'),
      ['sign', '--config', relay.options.configFile, '--room', 'closed', '--expires', '1h']);
    const token = said.out.split('\n')[0];
    assert.equal((await picture('closed')).status, 403);
    assert.equal((await picture(`~${token}x/closed`)).status, 403);
    await untilColour('a red picture of it', [255, 0, 0], `~${token}/closed`);
  });

  await t.test('who reads what strangers send has no hand on the journal', () => {
    const open = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try { return readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ''; }
    });
    const hold = (pid) => /roomcast-journal/.test(open(pid) + readFileSync(`/proc/${pid}/maps`, 'latin1'));
    const held = relay.processes().filter((p) => /^roomcast-/.test(p.name)).map((p) => [p.name.split(' ')[0],
      hold(p.pid)]);
    for (const [name, holds] of held) assert.equal(holds, name === 'roomcast-front', name);
    assert.ok(held.length >= 3, `${held}`);
  });

  await t.test('the helper is shut in', { skip: process.env.SAN }, () => {
    const status = readFileSync(`/proc/${helper()}/status`, 'latin1');
    assert.match(status, /^Seccomp:\s*2$/m);
    assert.match(status, /^NoNewPrivs:\s*1$/m);
    assert.match(status, /^CapEff:\s*0+$/m);
    assert.match(status, /^Threads:\s*1$/m);
    const stat = readFileSync(`/proc/${helper()}/stat`, 'latin1');
    assert.equal(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16], '19', 'nice');
  });

  await t.test('killed, it comes back', async () => {
    const killed = helper();
    const before = (await picture()).headers.etag;
    process.kill(killed, 'SIGKILL');
    await until('another helper', LIMIT_MS, () => helper() && helper() !== killed);
    await until('a picture by it', LIMIT_MS, async () => {
      const r = await picture();
      assert.equal(r.status, 200, 'the last one stays meanwhile');
      return r.headers.etag !== before;
    });
    assert.equal(relay.lines(/picture_helper_died .*signal 9/).length, 1);
    assert.equal(relay.lines(/feed_ended|worker_died|front_died/).length, 0);
  });

  await t.test('off and on again', async () => {
    writeFileSync(relay.options.configFile, config(false));
    relay.child.signal('SIGHUP');
    await until('no picture', LIMIT_MS, async () => (await picture()).status === 404);
    await until('no helper', LIMIT_MS, () => !helper());
    assert.equal(await relay.metric(/^roomcast_picture_bytes/), 0);
    writeFileSync(relay.options.configFile, config(true));
    relay.child.signal('SIGHUP');
    await untilColour('a red picture again', [255, 0, 0]);
  });
}

// It may take six times as long as others: it runs when nobody else wants to.
async function standsStill(t) {
  const relay = await startRelay(t, { errors: [/ stuck picture=helper /] });
  const stopped = await until('the helper', LIMIT_MS, () => helperOf(relay));
  await until('it to be ready', LIMIT_MS, () => relay.lines(/ picture ready pid=/).length > 0);
  process.kill(stopped, 'SIGSTOP');
  await until('the line', LIMIT_MS, () => relay.lines(/ stuck picture=helper .*killing=yes/)[0]);
  await until('another one', LIMIT_MS, () => helperOf(relay) && helperOf(relay) !== stopped);
}

test('pictures', { concurrency: true, timeout: 400000 }, async (t) => {
  await Promise.all([
    t.test('of live rooms', liveRooms),
    t.test('by a helper that stands still', standsStill),
  ]);
});

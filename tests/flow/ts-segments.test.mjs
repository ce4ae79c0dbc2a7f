// A room that asks for a transport stream for old devices, and one beside it that does not.
// SPDX-License-Identifier: MIT
//
// EXPECTED: ts.m3u8 is a playlist of its own (VERSION 3, no map, no parts, no low latency) that the
// multivariant does not name; every access unit of both sessions is in it bit for bit; continuity
// counters go on over segments and over a publisher that leaves and comes back; PCR comes every
// 100 ms; the checker finds nothing; ffmpeg decodes it without a word. A room that does not ask, or
// whose video HLS has only in MP4, has no such playlist.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { Follower } from './lib/follower.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { readTs } from './lib/ts.mjs';
import { TsCollector, clockFaults, readPcrs, streamFaults } from './lib/ts-collector.mjs';

const wants = (...rooms) => rooms.flatMap((room) => `rooms.list.${room}.ts=true`);

function assertTables(segments) {
  for (const s of segments) {
    const pid = (n) => s.bytes.readUInt16BE(188 * n + 1) & 0x1fff;
    assert.equal(s.type, 'video/mp2t');
    assert.match(s.uri, /^ts\/\d+\.ts$/);
    assert.deepEqual([pid(0), pid(1)], [0, 0x1000], `${s.uri} begins with PAT and PMT`);
  }
}

// The same moments as in MP4, by the room's timeline modulo 2^33.
function assertSameClock(follower, bytes) {
  const video = readTs(bytes).streams.find((s) => s.kind === 'video').aus;
  const samples = follower.tracks().find((x) => x.kind === 'video').samples;
  assert.deepEqual(video.map((a) => [a.ptsRaw, a.dtsRaw]),
    samples.map((s) => [s.pts % 2 ** 33, s.dts % 2 ** 33]));
}

async function assertPlays(url, ...more) {
  const played = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning',
    '-err_detect', 'explode', '-live_start_index', '0', '-i', url, ...more, '-f', 'null', '-']);
  const log = played.log.split('\n').filter((l) => !/404 Not Found|Failed to open seg/.test(l));
  assert.deepEqual([played.code, log.join('\n')], [0, ''], `ffmpeg plays ${url}`);
}

test('a transport stream over two sessions', async (t) => {
  const relay = await startRelay(t, { set: ['rooms.resume_s=6', ...wants('main')] });
  const source = await clip('small');
  const url = `${relay.base}/live/main/ts.m3u8`;
  const follower = watch(t, relay, 'main');
  const other = watch(t, relay, 'plain');
  const checker = new Follower(null, null, { url }).start();
  t.after(() => { checker.running = false; });
  const collector = new TsCollector(t, url);
  const sessions = [source.sent, source.sent];
  const beside = pushFfmpeg(t, relay, { room: 'plain', clip: source });
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: source }), source);
  await endedWell(beside, source);
  await assertClean(other, [source.sent]);
  assert.equal((await get(`${relay.base}/live/plain/ts.m3u8`)).status, 404, 'nobody asked for it');
  await sleep(2000);
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: source }), source);
  checker.left();
  await assertClean(follower, sessions);
  const index = await get(`${relay.base}/live/main/index.m3u8`);
  assert.doesNotMatch(index.body.toString(), /ts\.m3u8/);
  assert.doesNotMatch((await get(`${relay.base}/live/main/video.m3u8`)).body.toString(),
    /ts\.m3u8/, 'no rendition report about it');
  await until('the list to end', 20000, () => collector.list?.endList);
  const text = (await get(url)).body.toString();
  assert.match(text, /#EXT-X-VERSION:3\n/);
  assert.doesNotMatch(text, /EXT-X-(MAP|PART|SERVER-CONTROL|PRELOAD-HINT|SKIP|RENDITION-REPORT)/);
  // The second session's sound begins before its first picture, where the first one's still lasts.
  // ffmpeg 5.1 knows nothing of EXT-X-GAP: what it says of segments that are not there is expected.
  await assertPlays(url, '-af', 'aresample=async=1');
  const findings = await checker.stop();
  assert.deepEqual(findings.list.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), []);
  const bytes = collector.bytes();
  assertTables(collector.ordered());
  assert.equal(collector.ordered().filter((s) => s.discontinuity).length, 1);
  assert.deepEqual(streamFaults('video', sessions, bytes), []);
  assert.deepEqual(streamFaults('audio', sessions, bytes), []);
  assert.deepEqual(clockFaults(readPcrs(bytes), 1), []);
  assertSameClock(follower, bytes);
});

// What a room's clip must have come out as; audio-only rooms carry their clock with the sound.
async function assertRoom(t, relay, name) {
  const source = await clip(name);
  const url = `${relay.base}/live/${name}/ts.m3u8`;
  const checker = new Follower(null, null, { url }).start();
  t.after(() => { checker.running = false; });
  const collector = new TsCollector(t, url);
  await endedWell(pushFfmpeg(t, relay, { room: name, clip: source }), source);
  checker.left();
  await until(`${name} to end`, 20000, () => collector.list?.endList);
  await assertPlays(url);
  const findings = await checker.stop();
  assert.deepEqual(findings.list.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), [], name);
  const bytes = collector.bytes();
  assertTables(collector.ordered());
  for (const kind of new Set(source.sent.streams.map((s) => s.kind))) {
    assert.deepEqual(streamFaults(kind, [source.sent], bytes), [], `${name} ${kind}`);
  }
  assert.deepEqual(clockFaults(readPcrs(bytes)), [], name);
}

test('sound of every kind that a transport stream carries', async (t) => {
  const names = ['aac-44100', 'audio-ac3', 'audio-mp3', 'audio-only', 'vfr', 'audio-late'];
  const relay = await startRelay(t, { set: ['rooms.resume_s=2', ...wants(...names, 'hevc')] });
  const hevc = await clip('hevc');
  const push = pushFfmpeg(t, relay, { room: 'hevc', clip: hevc });
  await Promise.all(names.map((name) => assertRoom(t, relay, name)));
  await endedWell(push, hevc);
  assert.equal((await get(`${relay.base}/live/hevc/ts.m3u8`)).status, 404);
  assert.equal(relay.lines(/room\/hevc ts_left_out/).length, 1);
});

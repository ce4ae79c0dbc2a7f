// Three rooms lose their encoders without a word for 12 s; each fills the hole in its own way.
// SPDX-License-Identifier: MIT
//
// EXPECTED: once the hole is noticed no list is late (rules 27, 28, 92), numbers, breaks and dates go on, nothing that
// was sent is lost, live is back behind one DISCONTINUITY at the picture it begins with. The gap
// has GAP=YES parts, the clip its own map, the held picture the room's own: decoded without a word
// of complaint, it is the last keyframe, and its sound is silence. With resume_s over, ENDLIST; a
// publisher that comes then opens the room again, with higher numbers.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Child, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { compare } from './lib/ledger.mjs';
import { pushFfmpeg, srtUrl } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { endedWell, untilPlaying, watch } from './lib/situation.mjs';

const HOLE_MS = 12000;
const FILLS = ['gap', 'slate', 'hold'];

// Its clip, as an agency would make one: other size, other rate, a loop that no GOP divides.
async function slateFile(t) {
  const file = path.join(scratch(t), 'slate.mp4');
  const { code, log } = await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i',
    'smptebars=size=640x360:rate=30:duration=5.2', '-f', 'lavfi', '-i',
    'sine=frequency=880:sample_rate=44100:duration=5.2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p',
    '-g', '30', '-c:a', 'aac', file]);
  assert.equal(code, 0, log);
  return file;
}

// Samples between discontinuities: the first encoder's, the filler's, the second's.
function runsOf(track) {
  const runs = [];
  for (const s of track.samples) {
    if (s.discontinuity || runs.length === 0) runs.push([]);
    runs.at(-1).push(s);
  }
  return runs;
}

// As if there had been no filler.
const withoutFiller = (track) => ({ ...track, samples: runsOf(track).flatMap((r, i) =>
  (i === 1 ? [] : r.map((s, k) => ({ ...s, discontinuity: i > 0 && k === 0 })))) });

async function decode(t, name, bytes, ...filters) {
  const file = path.join(scratch(t), name);
  writeFileSync(file, bytes);
  const { code, out, log } = await run('ffmpeg', ['-v', 'error', '-xerror', '-err_detect',
    'explode', '-i', file, ...filters, '-']);
  assert.equal(code, 0, `ffmpeg on ${name}: ${log}`);
  assert.equal(log, '', `ffmpeg on ${name}`);
  return out;
}

const framesOf = (md5) => md5.split('\n').filter((l) => /^\d/.test(l))
  .map((l) => l.split(',').at(-1).trim());

async function download(base, uris) {
  const got = await Promise.all(uris.map((u) => get(new URL(u, base).href)));
  for (const g of got) assert.equal(g.status, 200);
  return Buffer.concat(got.map((g) => g.body));
}

// Fetched while it is listed: the last live keyframe, and what is held.
async function checkHeld(t, relay) {
  const url = `${relay.base}/live/hold/video.m3u8`;
  const list = parsePlaylist((await get(url)).body.toString(), { url });
  const at = list.segments.findIndex((s) => s.discontinuity);
  assert.ok(at > 0, 'the held picture stands behind a break');
  const [live, held] = [list.segments[at - 1], list.segments.slice(at)];
  assert.ok(held.length >= 2 && held.every((s) => s.map === live.map), 'no new map is needed');
  const frames = framesOf(await decode(t, 'held.mp4', await download(url,
    [live.map, ...held.map((s) => s.uri)]), '-f', 'framemd5'));
  const last = framesOf(await decode(t, 'live.mp4', await download(url, [live.map, live.uri]),
    '-frames:v', '1', '-f', 'framemd5'));
  assert.ok(frames.length >= 4 && frames.every((f) => f === last[0]), 'it is the last keyframe');

  const audioUrl = `${relay.base}/live/hold/audio.m3u8`;
  const audio = parsePlaylist((await get(audioUrl)).body.toString(), { url: audioUrl });
  const from = audio.segments.findIndex((s) => s.discontinuity);
  const silent = audio.segments.slice(from).filter((s) => !s.gap);
  assert.equal(silent.length, audio.segments.length - from, 'the sound has no gap');
  const bytes = await download(audioUrl, [silent[0].map, ...silent.map((s) => s.uri)]);
  const pcm = await decode(t, 'silence.mp4', bytes, '-f', 'md5', '-af',
    'volumedetect,aeval=exprs=abs(val(0))+abs(val(1)):c=mono,asetnsamples=1024', '-f', 'framemd5');
  assert.equal(new Set(framesOf(pcm).slice(1, -1)).size, 1, 'it is silence');
}

function checkGaps(text) {
  const list = parsePlaylist(text, { url: 'http://x/live/gap/video.m3u8' });
  const gaps = list.segments.filter((s) => s.gap);
  assert.ok(gaps.length >= 3, text);
  const parts = [...gaps.slice(-2), list.open].flatMap((s) => s.parts);
  assert.ok(parts.length >= 2 && parts.every((p) => p.gap), text);
  assert.equal(list.hints.length, 0, 'nothing is promised');
}

async function fillAndReturn(t, relay, room, long, small) {
  const follower = watch(t, relay, room);
  const first = pushFfmpeg(t, relay, { room, clip: long });
  await untilPlaying(follower, 3);
  await first.kill();
  follower.sourceAway(); // until SRT, or five seconds without a byte, say that nobody is there
  await until(`${room}'s hole to be noticed`, 7000,
    () => relay.lines(new RegExp(`room/${room} hole_filled by=${room}`))[0], 50);
  follower.sourceBack();
  await sleep(HOLE_MS);
  if (room === 'gap') {
    checkGaps((await get(`${relay.base}/live/gap/video.m3u8`)).body.toString());
  }
  if (room === 'hold') await checkHeld(t, relay);
  const second = pushFfmpeg(t, relay, { room, clip: small });
  await endedWell(second, small);
  await sleep(1000);
  follower.left();
  return follower;
}

function checkTracks(room, follower, long, small) {
  const breaks = room === 'gap' ? 1 : 2;
  const tracks = follower.tracks();
  for (const track of tracks) {
    const runs = runsOf(track);
    assert.equal(runs.length >= breaks + 1, true, `${room} ${track.name}: ${runs.length} runs`);
  }
  const kept = room === 'gap' ? tracks : tracks.map(withoutFiller);
  // what was filled after the second encoder had left is no session's
  const ends = kept.map((track) => ({ ...track, samples: runsOf(track).slice(0, 2).flat() }));
  const { faults } = compare([{ ...long.sent, complete: false }, small.sent], ends);
  assert.deepEqual(faults, [], `${room}: the ledger`);
}

function checkDates(room, follower) {
  for (const r of follower.renditions.values()) {
    const list = r.ordered();
    for (let i = 1; i < list.length; i++) {
      const [a, b] = [list[i - 1], list[i]];
      assert.equal(b.msn, a.msn + 1, `${room} ${r.name}: numbers`);
      const apart = b.date - (a.date + a.duration * 1000);
      assert.ok(apart > -100, `${room} ${r.name}: MSN ${b.msn} begins ${-apart} ms before ${a.msn
      } ends: ${JSON.stringify(list.map((s) => [s.msn, s.date, s.duration, s.gap]))}`);
    }
  }
}

test('a hole is filled as its room wants it', { timeout: 150000 }, async (t) => {
  const slate = await slateFile(t);
  const set = ['srt.peer_idle_ms=1000', `rooms.slate=${slate}`,
    ...FILLS.map((f) => `rooms.list.${f}.fill=${f}`)];
  const relay = await startRelay(t, { set });
  const [long, small] = [await clip('long'), await clip('small')];
  const followers = await Promise.all(FILLS.map((f) => fillAndReturn(t, relay, f, long, small)));
  for (const [i, room] of FILLS.entries()) {
    const findings = await followers[i].stop();
    // 58: the second encoder sends less, and what the first one sent has left the list.
    const broken = findings.list.filter((f) => f.rule !== 58)
      .map((f) => `${room}: rule ${f.rule}, ${f.where}: ${f.text}`);
    assert.deepEqual(broken, []);
    assert.deepEqual(followers[i].errors, [], `${room}: requests that failed`);
    checkDates(room, followers[i]);
    checkTracks(room, followers[i], long, small);
  }
});

test('a room ends when its time is over, and begins anew', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t, { set: ['rooms.fill=hold', 'rooms.resume_s=3'] });
  const tiny = await clip('tiny');
  const list = async () => parsePlaylist((await get(`${relay.base}/live/main/video.m3u8`)).body
    .toString(), { url: `${relay.base}/live/main/video.m3u8` });
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: tiny }), tiny);
  const before = await list();
  assert.equal(before.endList, false);
  const ended = await until('ENDLIST', 10000, async () => {
    const l = await list();
    return l.endList ? l : null;
  });
  assert.ok(ended.segments.at(-1).msn > before.segments.at(-1).msn, 'it was filled until then');
  assert.equal(ended.hints.length, 0);
  const follower = watch(t, relay, 'main');
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: tiny }), tiny);
  const again = await list();
  assert.equal(again.endList, false);
  assert.ok(again.mediaSequence > ended.segments.at(-1).msn, 'numbers go on');
  follower.left();
  await follower.stop();
});

// A source that is silent for longer than 5 s leaves a hole; its connection stands, and when it goes
// on the room is live again, without a new handshake.
test('a publisher that sends nothing is gone until it sends again', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t);
  const tiny = await clip('tiny');
  const bytes = readFileSync(tiny.file);
  const push = new Child('srt-live-transmit', ['-q', '-ll', 'error', '-a:no', '-chunk:1316',
    'file://con', srtUrl(relay, { room: 'main' })], { stdin: 'pipe' });
  t.after(() => { push.signal('SIGKILL'); return push.exited; });
  const send = async () => {
    for (let at = 0; at + 1316 <= bytes.length; at += 1316) {
      push.process.stdin.write(bytes.subarray(at, at + 1316));
      await sleep(tiny.seconds * 1000 * 1316 / bytes.length);
    }
  };
  const follower = watch(t, relay, 'main');
  await send();
  await until('the hole to be filled', 15000, () => relay.log.includes('hole_filled by=gap'));
  await sleep(3000);
  const list = (await get(`${relay.base}/live/main/video.m3u8`)).body.toString();
  assert.match(list, /GAP=YES/);
  await send();
  await until('the room to be live again', 5000, () => relay.log.includes('hole_closed'));
  assert.equal(relay.lines(/publisher_accepted/).length, 1, 'one connection');
  assert.equal(push.status, null, 'which stands');
  await sleep(1000);
  checkDates('main', follower);
  const video = follower.renditions.get('video').ordered();
  assert.ok(video.some((s) => s.discontinuity));
  follower.left();
  await follower.stop();
});

// EXPECTED: hls.js, Shaka Player and video.js, on a page of another site, play a room of H.264 and
// AAC and one with two languages: in low latency, without a stall or a request that is refused, with
// both languages listed, and the other one heard when it is chosen.
// runs alone
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clip } from '../flow/lib/clips.mjs';
import { get, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { startRelay } from '../flow/lib/relay.mjs';
import { openBrowser } from './lib/chromium.mjs';
import { PLAYERS, observe, openPlayer, openSite, waitForPlayer } from './lib/players.mjs';

const FPS = 25;
const SETTLE_S = 2;
const WATCH_S = 5;
const WINDOWS = 4;
const SWITCH_S = 4;
const LATENCY_S = 4; // plain HLS with these segments: 6 and more

const has = async (relay, room) => {
  const reply = await get(`${relay.base}/live/${room}/status.json`);
  return reply.status === 200 && JSON.parse(reply.body).segments >= 3;
};

// In low latency all but the first moments come as parts, and playlists as blocking reloads.
function checkRequests(player) {
  const { requests, kind } = player;
  const counts = requests.counts();
  const said = `${kind}: ${JSON.stringify(counts)}`;
  assert.deepEqual(requests.refused(), [], said);
  assert.ok(counts.part > 4 * WATCH_S * 0.5, `parts: ${said}`);
  assert.ok(counts.blocking > 4 * WATCH_S * 0.5, `blocking reloads: ${said}`);
  return counts;
}

// What speaks against a while of playing: [] where it was smooth.
function roughness(player, seen) {
  const { first, last } = seen;
  const seconds = last.currentTime - first.currentTime;
  const frames = last.decoded - first.decoded;
  const stalls = last.stalls - first.stalls;
  // video.js has no rate to catch up with: it plays from where it happened to begin, down to 1.2 s
  // before the end, where the publisher's sound (0.7 s apart at times) may be late once.
  return [
    [seconds > WATCH_S * 0.8, `${seconds} s of ${WATCH_S}`],
    [frames > seconds * FPS * 0.85, `${frames} frames in ${seconds} s`],
    [stalls <= (player.kind === 'videojs' ? 1 : 0), `${stalls} stalls`],
    [seen.latency.max < LATENCY_S, `latency ${seen.latency.max} s`],
  ].filter(([well]) => !well).map(([, what]) => what);
}

// Pictures are decoded by this machine's processors, which others use, too: it is watched again
// where they were short, and must be smooth for a while.
async function watch(t, player) {
  await waitForPlayer(player, 'a steady start', 30000,
    (s) => s.decoded > SETTLE_S * FPS && s.currentTime > 0);
  const rough = [];
  for (let i = 0; i < WINDOWS && rough.length === i; i++) {
    const seen = await observe(player.stats, WATCH_S * 1000);
    const counts = checkRequests(player);
    t.diagnostic(`${player.kind}: ${seen.last.decoded - seen.first.decoded} frames, latency ${
      seen.latency.mean.toFixed(2)} s, clock ${seen.clock.mean.toFixed(2)} s, ${
      JSON.stringify(counts)}`);
    assert.deepEqual(seen.last.faults, [], player.kind);
    const against = roughness(player, seen);
    if (against.length) rough.push(against.join(', '));
  }
  assert.ok(rough.length < WINDOWS, `${player.kind} was never smooth: ${rough.join('; ')}`);
}

async function changeLanguage(player) {
  const languages = (tracks) => tracks.map((track) => track.language).sort();
  const active = (tracks) => languages(tracks.filter((track) => track.active));
  const tracks = await player.tracks();
  // Shaka writes languages as BCP 47 has them: the shortest code.
  const [eng, zho] = player.kind === 'shaka' ? ['en', 'zh'] : ['eng', 'zho'];
  assert.deepEqual(languages(tracks), [eng, zho], player.kind);
  assert.deepEqual(active(tracks), [eng], player.kind);
  const before = await player.stats();
  const asked = player.requests.all.length;
  await player.choose(zho);
  await waitForPlayer(player, 'the other language', 15000, (s) => s.soundBytes > before.soundBytes
    && s.currentTime > before.currentTime + SWITCH_S);
  assert.deepEqual(active(await player.tracks()), [zho], player.kind);
  const since = player.requests.all.slice(asked).filter((r) => r.kind !== 'playlist');
  const of = (folder) => since.filter((r) => r.path.includes(`/${folder}/`)).length;
  assert.ok(of('audio-2') > of('audio'), `${player.kind}: ${of('audio-2')} requests of the `
    + `language chosen, ${of('audio')} of the other`);
  assert.deepEqual(player.requests.refused(), [], player.kind);
}

test('players of other people play', { timeout: 230000 }, async (t) => {
  const relay = await startRelay(t);
  const rooms = { plain: await clip('long'), languages: await clip('languages') };
  for (const [room, file] of Object.entries(rooms)) {
    pushFfmpeg(t, relay, { room, clip: file, loop: 9 });
  }
  const browser = await openBrowser(t);
  const site = await openSite(t);
  for (const room of Object.keys(rooms)) await until(room, 30000, () => has(relay, room));
  for (const kind of PLAYERS) {
    for (const room of Object.keys(rooms)) {
      await t.test(`${kind} plays ${room}`, async (tt) => {
        const player = await openPlayer(browser, site, relay, { kind, room });
        await watch(tt, player);
        if (room === 'languages') await changeLanguage(player);
        await player.close();
      });
    }
  }
});

// Rooms made by the API: asking for them, and publishing with the line that the answer has.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { ask } from './console.mjs';
import { get, sleep } from './http.mjs';
import { pushFfmpeg } from './push.mjs';

export const TOKEN = 'organizer-0123456789';

// method PATH with a body; a relay that restarts or asks to wait is asked again until limitMs.
export async function write(relay, method, path, body, { patient = false, limitMs = 20000 } = {}) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const r = await ask(relay, path, { method, body: body && JSON.stringify(body) })
      .catch((e) => ({ status: 0, text: String(e) }));
    if (!patient || (r.status !== 0 && r.status !== 429 && r.status !== 503)) return r;
    if (Date.now() > deadline) return r;
    await sleep(100);
  }
}

export async function create(relay, name, more = {}) {
  const r = await write(relay, 'POST', 'rooms', { name, ...more });
  assert.equal(r.status, 201, r.text);
  return r.json;
}

export const newKey = (relay, room, body) => write(relay, 'POST', `rooms/${room}/key`, body);

// What a made room's answer says is what an encoder is told.
export const pushTo = (t, relay, made, options) =>
  pushFfmpeg(t, relay, { streamId: made.stream_id, ...options });

export async function settings(relay) {
  const r = await ask(relay, 'settings');
  assert.equal(r.status, 200, r.text);
  return new Map(r.json.rooms.map((room) => [room.name, room]));
}

export const playlist = async (relay, room) =>
  (await get(`${relay.base}/live/${room}/index.m3u8`).catch(() => ({ status: 0 }))).status;

export const processOf = (relay, name) =>
  relay.processes().find((p) => p.name.startsWith(name))?.pid;

// What the tests of audio codecs have in common: play a clip, look at its init, decode the outcome.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './child.mjs';
import { clip } from './clips.mjs';
import { get } from './http.mjs';
import { scratch } from './relay.mjs';
import { playThrough } from './situation.mjs';

const FFMPEG = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

// MD5 of the sound that ffmpeg decodes from a file's first audio track, or throws what it says.
export async function decoded(file) {
  const r = await run('ffmpeg', [...FFMPEG, '-xerror', '-i', file, '-map', '0:a:0', '-c:a',
    'pcm_s16le', '-f', 'md5', '-'], { limitMs: 60000 });
  assert.deepEqual([r.code, r.log], [0, ''], `ffmpeg on ${path.basename(file)}`);
  return r.out.trim();
}

// The init and all segments of a rendition, as one file that any player opens.
async function save(t, rendition, name) {
  const segments = rendition.ordered();
  const bytes = [(await get(new URL(segments[0].map, rendition.url).href)).body];
  for (const s of segments) bytes.push((await get(s.url)).body);
  const file = path.join(scratch(t), `${name}.mp4`);
  writeFileSync(file, Buffer.concat(bytes));
  return file;
}

// Plays the clip through a room and holds its first audio rendition to `expected`: {entry, codecs,
// channels, timescale, config (hex of the record, null: none)}. → what playThrough has, and init
export async function assertPlays(t, name, expected, rendition = 'audio') {
  const source = await clip(name);
  const played = await playThrough(t, source);
  assert.deepEqual(source.sent.faults, [], `${name}: what was sent`);
  const audio = played.follower.renditions.get(rendition);
  const { init } = audio.ordered()[0];
  // Some entries have more than one name.
  const codecs = [init.rfc6381, ...init.also ?? []].find((c) => c === expected.codecs);
  assert.deepEqual({ entry: init.entry, codecs, channels: init.channels,
    timescale: init.timescale, config: init.config?.toString('hex') ?? null }, expected);
  const lists = played.follower.index.variants.map((v) => v.attributes.get('CODECS').value);
  assert.ok(lists.some((l) => l.split(',').includes(expected.codecs)), `CODECS ${lists}`);
  const file = await save(t, audio, name);
  await decoded(file);
  return { ...played, source, init, file };
}

// One run of the checker against the scripted origin, in virtual time: what it found.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Follower } from './follower.mjs';
import { LlOrigin } from './ll-origin.mjs';
import { VirtualClock, VirtualTransport } from './virtual.mjs';

const SECONDS = 5;

// options: those of LlOrigin (or a function of the origin-to-be that gives `media`), and seconds,
// trip (ms one way), path (of the playlist followed), follower (options of it), prepare(origin).
// → {follower, rules: [number], notes: [number], text}
export async function follow(options = {}) {
  const { seconds = SECONDS, trip, path = 'index.m3u8', follower: more, media, prepare,
    ...rest } = options;
  const clock = new VirtualClock();
  const origin = new LlOrigin(clock, { window: 9, history: 10, ...rest });
  if (media) origin.media = media(origin);
  prepare?.(origin);
  const transport = new VirtualTransport(clock, (r) => origin.handle(r), { tripMs: trip });
  const follower = new Follower(null, null,
    { url: `http://origin/live/room/${path}`, clock, transport,
    paceSlackMs: 60, slackMs: 150, ...more });
  follower.paceSlack = () => 60;
  await clock.run(async () => {
    follower.start();
    await clock.sleep(seconds * 1000);
    await follower.stop();
  });
  const numbers = (list) => [...new Set(list.map((f) => f.rule))].sort((a, b) => a - b);
  return { follower, origin, rules: numbers(follower.findings.list), errors: follower.errors,
    notes: numbers(follower.findings.notes), text: follower.findings.toString() };
}

// A right presentation: no finding, no failed request.
export function right(what, options) {
  test(`right: ${what}`, async () => {
    const got = await follow(options);
    assert.equal(got.text, '');
    assert.deepEqual(got.errors, []);
  });
}

// One thing wrong: exactly this rule's number. options.note: it is a note, not a finding.
export function wrong(rule, what, { note = false, also = [], errors = [], ...options }) {
  test(`rule ${rule}: ${what}`, async () => {
    const got = await follow(options);
    if (note) assert.ok(got.notes.includes(rule), `notes: ${got.notes}`);
    assert.deepEqual(got.rules, [...note ? [] : [rule], ...also].sort((a, b) => a - b), got.text);
    assert.deepEqual(got.errors, errors);
  });
}

// ---- hooks for `wrong` of the origin

// Every playlist of one name, with a replacement made in it.
export const edit = (from, to, name = 'video') => ({ wrong: { text: (text, ctx) =>
  (ctx.name === name ? text.replace(from, to) : text) } });

// The same once a part or segment with some text in it is listed.
export const editAfter = (mark, from, to, name = 'video') => ({ wrong: { text: (text, ctx) =>
  (ctx.name === name && text.includes(mark) ? text.replace(from, to) : text) } });

// Some answer, by its path and whatever else, changed.
export const change = (pattern, make, when = () => true) => ({ wrong: { answer: (got, request) => {
  const path = request.path.replace('/live/room/', '');
  return pattern.test(path) && when(request, got) ? make(got, request) : got;
} } });

export const header = (pattern, name, value, when) => change(pattern, (got) => {
  const headers = { ...got.headers, [name]: value };
  if (value === undefined) delete headers[name];
  return { ...got, headers };
}, when);

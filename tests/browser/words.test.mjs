// EXPECTED: both languages have the same words, with the same blanks, and every word that a page
// asks for is there.
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as words from '../../relay/web/page/words.js';
import { CONSOLE_WORDS } from '../../relay/web/page/console-words.js';
import { PLAYER_WORDS } from '../../relay/web/page/player-words.js';

const { WORDS } = words;
words.addWords(CONSOLE_WORDS);
words.addWords(PLAYER_WORDS);
const PAGE = new URL('../../relay/web/page/', import.meta.url);
const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();

test('English and Chinese match', () => {
  assert.deepEqual(Object.keys(WORDS.zh).sort(), Object.keys(WORDS.en).sort());
  for (const [key, text] of Object.entries(WORDS.en)) {
    assert.ok(text.trim() && WORDS.zh[key].trim(), key);
    assert.deepEqual(blanks(WORDS.zh[key]), blanks(text), key);
    assert.doesNotMatch(WORDS.zh[key], /[\u4e00-\u9fff][,:;!?]/, `${key}: a Latin mark`);
  }
});

test('every word asked for exists, and none is left over', () => {
  const text = readdirSync(PAGE).filter((f) => /\.(js|html)$/.test(f))
    .map((f) => readFileSync(new URL(f, PAGE), 'utf8').replace(/const (CONSOLE_|PLAYER_)?WORDS = [^]*?^};$/m, ''))
    .join('\n');
  const named = [...text.matchAll(/data-say[\w-]*="([^"]+)"|\bsay\("([^"]+)"/g)];
  for (const [, inMarkup, inCode] of named) {
    assert.ok(WORDS.en[inMarkup ?? inCode], inMarkup ?? inCode);
  }
  const quoted = new Set([...text.matchAll(/"([a-z][\w.]+)"/g)].map((m) => m[1]));
  const made = /^(say|state|fact|light|live|con\.role|share|menu)\./; // put together from a state's name
  for (const key of Object.keys(WORDS.en)) {
    assert.ok(made.test(key) || quoted.has(key), `${key} is never said`);
  }
});

test('figures are written as people read them', () => {
  assert.equal(words.bitrateWords(6100000), '6.1 Mb/s');
  assert.equal(words.bitrateWords(96000), '96 kb/s');
  assert.equal(words.bitrateWords(undefined), '–');
  assert.deepEqual([0, 999, 1000, 1234, 9949, 9950, 12345, 999499, 999500, 1.5e6].map(words.countWords),
    ['0', '999', '1k', '1.2k', '9.9k', '10k', '12k', '999k', '1M', '1.5M']);
  assert.equal(words.qualityWords(3840, 2160, 30), '4K');
  assert.equal(words.qualityWords(1080, 1920, 59.94), '1080p60');
  assert.equal(words.qualityWords(0, 0, 0), '');
  assert.equal(words.codecWords('avc1.640028'), 'H.264');
  assert.equal(words.codecWords('H.264'), 'H.264');
  const now = Date.parse('2026-11-22T21:00:00Z');
  assert.equal(words.sinceWords('2026-11-22T20:59:30Z', now), 'under a minute');
  assert.equal(words.sinceWords('2026-11-22T19:48:00Z', now), '1 h 12 min');
  assert.equal(words.sinceWords('2026-11-20T19:00:00Z', now), '2 d 2 h');
  assert.equal(words.sinceWords('nonsense', now), 'under a minute');
});

// The command line and the configuration file.
// SPDX-License-Identifier: MIT
//
// EXPECTED: --help and --version exit 0; --check prints an effective configuration that --check
// accepts again; --set overrides; every mistake exits 2 with FILE:LINE and the key; a port in use
// exits 1 with one sentence.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, run } from './lib/child.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';

const relay = (...args) => run(BINARY, args, { limitMs: 8000 });
const file = (t, text) => {
  const name = path.join(scratch(t), 'roomcast.conf');
  writeFileSync(name, text);
  return name;
};

test('--help and --version', async () => {
  const help = await relay('--help');
  assert.equal(help.code, 0);
  for (const word of ['--config', '--set', '--check', '--version']) {
    assert.ok(help.out.includes(word), `--help names ${word}`);
  }
  const version = await relay('--version');
  assert.equal(version.code, 0);
  assert.match(version.out, /^roomcast \d/);
});

test('--check prints what it reads back', async (t) => {
  const first = await relay('--check', '--set', 'hls.segment_ms=3000');
  assert.equal(first.code, 0, first.log);
  assert.match(first.out, /segment_ms: 3000/);
  const again = await relay('--check', '--config', file(t, first.out));
  assert.equal(again.code, 0, again.log);
  assert.equal(again.out, first.out);
});

test('secrets are not printed', async (t) => {
  const name = file(t, 'rooms:\n  list:\n    - name: a\n      key: "very-secret-key"\n'
    + '      passphrase: "very-secret-phrase"\n');
  const r = await relay('--check', '--config', name);
  assert.equal(r.code, 0, r.log);
  assert.doesNotMatch(r.out + r.log, /very-secret/);
});

const MISTAKES = {
  'unknown key': ['srt:\n  latency_ms: 100\n  latencyms: 100\n', 3, /latencyms/],
  'unknown section': ['hls:\n  segment_ms: 2000\nstr:\n  workers: 1\n', 3, /str/],
  'text for a number': ['srt:\n  workers: many\n', 2, /workers/],
  'out of range': ['hls:\n  window_segments: 3\n', 2, /window_segments/],
  'no address': ['http:\n  listen: "nowhere"\n', 2, /listen/],
  'room name upwards': ['rooms:\n  list:\n    - name: "../x"\n', 3, /name/],
  'passphrase too short': ['rooms:\n  list:\n    - name: a\n      passphrase: "short"\n', 4,
    /passphrase/],
  'room twice': ['rooms:\n  list:\n    - name: a\n    - name: a\n', 4, /name|a/],
  'not YAML': ['srt: [\n', null, /./],
};

for (const [what, [text, line, key]] of Object.entries(MISTAKES)) {
  test(`mistake: ${what}`, async (t) => {
    const name = file(t, text);
    for (const extra of [['--check'], []]) {
      const r = await relay(...extra, '--config', name);
      assert.equal(r.code, 2, `exit status: ${r.log}`);
      assert.match(r.log, key);
      assert.ok(r.log.includes(line ? `${name}:${line}:` : name), `FILE:LINE in: ${r.log}`);
    }
  });
}

test('mistakes on the command line', async () => {
  for (const args of [['--set', 'srt.nothing=1'], ['--set', 'srt.workers'], ['--set'],
    ['--set', 'srt.workers=-1'], ['--frobnicate'], ['surplus'], ['--config']]) {
    const r = await relay('--check', ...args);
    assert.equal(r.code, 2, `${args}: ${r.code} ${r.log}`);
    assert.ok(r.log.trim().length > 0, `${args}: a word of why`);
    assert.ok(r.log.length < 2000, `${args}: not the whole manual`);
  }
});

test('a file that is not there', async () => {
  const r = await relay('--config', '/nonexistent/roomcast.conf');
  assert.ok([1, 2].includes(r.code), `exit status ${r.code}`);
  assert.match(r.log, /\/nonexistent\/roomcast.conf/);
});

const sentence = (log) => log.trim().split('\n').filter((l) => !/ (INFO|WARN) /.test(l));

test('the HTTP port is in use', async (t) => {
  const [srt, http] = [await freePort(), await freePort()];
  const other = createServer();
  await new Promise((resolve) => { other.listen(http, '127.0.0.1', resolve); });
  t.after(() => other.close());
  const r = await relay('--set', `srt.listen=127.0.0.1:${srt}`, '--set',
    `http.listen=127.0.0.1:${http}`);
  assert.equal(r.code, 1, r.log);
  assert.match(r.log, new RegExp(`${http}`));
  assert.equal(sentence(r.log).length, 1, r.log);
});

test('a second relay on the same ports', async (t) => {
  const first = await startRelay(t);
  const pairs = [[first.srtPort, await freePort()], [await freePort(), first.httpPort]];
  for (const [srt, http] of pairs) {
    const r = await relay('--set', `srt.listen=127.0.0.1:${srt}`, '--set',
      `http.listen=127.0.0.1:${http}`);
    assert.equal(r.code, 1, `a second relay on ${srt}/${http} must not share a port: ${r.log}`);
    assert.equal(sentence(r.log).length, 1, r.log);
  }
});

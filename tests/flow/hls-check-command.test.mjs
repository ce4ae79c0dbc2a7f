// The command over real sockets: what it prints and how it ends.
// SPDX-License-Identifier: MIT
//
// EXPECTED: 0 and a list of rules for an honest low-latency origin; 1 and the rule for a dishonest
// one, as JSON too; 2 where nothing can be read or nothing sensible was asked.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from './lib/child.mjs';
import { Clock } from './lib/clock.mjs';
import { LlOrigin } from './lib/ll-origin.mjs';
import { listen } from './lib/origin.mjs';

const COMMAND = path.join(ROOT, 'scripts', 'hls-check');
const check = (...args) => run(process.execPath, [COMMAND, ...args], { limitMs: 60000 });

async function serve(t, options) {
  const clock = new Clock();
  t.after(() => clock.close());
  const origin = new LlOrigin(clock, options);
  return `${await listen(t, (request) => origin.handle(request))}/live/room/index.m3u8`;
}

test('the command', { concurrency: true }, async (t) => {
  await Promise.all([
    t.test('an honest origin', async () => {
      const url = await serve(t, { iframes: true });
      const { code, out, log } = await check(url, '--seconds', '5', '--slack', '4000');
      assert.equal(log, '');
      assert.match(out, /no rule was found broken/);
      assert.match(out, /rules looked at: 1-/);
      assert.match(out, /102: this checker speaks HTTP\/1\.1/);
      assert.equal(code, 0, out);
    }),
    t.test('a dishonest one, as JSON', async () => {
      const url = await serve(t,
        { wrong: { text: (text) => text.replace('BACK=1.2', 'BACK=0.5') } });
      const { code, out } = await check(url, '--seconds', '2', '--slack', '4000', '--json');
      const said = JSON.parse(out);
      assert.deepEqual([...new Set(said.findings.map((f) => f.rule))], [74], out);
      assert.equal(said.checked, true);
      assert.ok(said.looked.includes(92) && said.not.every((n) => n.why));
      assert.equal(code, 1);
    }),
    t.test('nothing there', async () => {
      const { code, out } = await check('http://127.0.0.1:9/index.m3u8', '--seconds', '1');
      assert.match(out, /could not check/);
      assert.match(out, /ECONNREFUSED/);
      assert.equal(code, 2);
    }),
    t.test('nothing sensible asked', async () => {
      for (const args of [[], ['ftp://x/'], ['no-url'], ['http://x/', '--seconds', 'soon'],
        ['http://x/', '--what']]) {
        const { code, log } = await check(...args);
        assert.equal(code, 2, args.join(' '));
        assert.notEqual(log, '');
      }
    }),
  ]);
});

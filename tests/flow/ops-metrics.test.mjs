// What watches a relay: the dashboard, the alarms, and what they are made from.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every metric that dashboard and alarms name is in a real /metrics, with the labels and
// words they ask for; promtool accepts metrics, alarms, configuration and each expression of the
// dashboard; every alarm is tested; what strangers send makes no new series.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Child, ROOT, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { callSrt } from './lib/srt.mjs';

const RULES = path.join(ROOT, 'config/prometheus/roomcast-rules.yml');
const ALARMS = path.join(ROOT, 'tests/alerts/roomcast.yml');
const PROMETHEUS = path.join(ROOT, 'config/prometheus/prometheus.yml');
const DASHBOARD = path.join(ROOT, 'config/grafana/roomcast.json');
// Labels whose values nobody outside can make up, and `room`, of which there are rooms.max.
const LABELS = new Set(['room', 'worker', 'state', 'reason', 'from', 'code', 'outcome', 'phase',
  'process', 'light', 'severity', 'result', 'hook']);

async function promtool(args, text) {
  const tool = new Child('promtool', args, { stdin: 'pipe' });
  tool.process.stdin.end(text);
  const { code } = await tool.wait(60000);
  assert.notEqual(code, 127, 'promtool is missing: scripts/setup test installs it');
  assert.equal(code, 0, `promtool ${args.join(' ')}:\n${tool.out}${tool.log}`);
  return tool.out + tool.log;
}

// Everything of that key in a JSON value.
function* all(value, key) {
  for (const [k, v] of Object.entries(value ?? {})) {
    if (k === key && typeof v === 'string') yield v;
    if (typeof v === 'object') yield* all(v, key);
  }
}

const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
const panels = dashboard.panels.filter((p) => p.type !== 'row');
const expressions = panels.flatMap((p) => [...all(p.targets, 'expr')]);
const rules = readFileSync(RULES, 'utf8');

// "a{l="v",m=~"x|y"}" of an expression. → [{name, labels: [[label, word]...]}], what stands in for variables apart
function* selectors(text) {
  for (const [, name, inside = ''] of text.matchAll(/\b(roomcast_\w+)(?:\{([^}]*)\})?/g)) {
    const labels = [...inside.matchAll(/(\w+)(=~?)"([^"]*)"/g)]
      .filter(([, label, , word]) => label !== 'instance' && !word.includes('$'))
      .flatMap(([, label, how, word]) => (how === '=' ? [[label, word]]
        : word.split('|').map((w) => [label, w])));
    yield { name, labels };
  }
}

test('the files are what Prometheus and Grafana read', async (t) => {
  await promtool(['check', 'config', PROMETHEUS]);
  await promtool(['check', 'rules', RULES]);
  await promtool(['test', 'rules', ALARMS]);
  const tested = readFileSync(ALARMS, 'utf8');
  const alarms = [...rules.matchAll(/alert: (\w+)/g)].map((m) => m[1]);
  assert.ok(alarms.length >= 15);
  for (const name of alarms) {
    const series = tested.split(`instance="${name}", `).length + tested.split(`instance="${name}"}', values`).length;
    assert.ok(series >= 4, `${name} has a series that raises it and one that does not`);
    assert.ok(tested.includes(`alertname="${name}", instance="${name}"`), `${name} is tested`);
  }

  assert.ok(panels.every((p) => p.targets.length > 0 && p.title && p.gridPos.w > 0));
  const ids = dashboard.panels.map((p) => p.id);
  assert.equal(new Set(ids).size, ids.length, 'panels have numbers of their own');
  for (const a of dashboard.panels) {
    for (const b of dashboard.panels) {
      const [p, q] = [a.gridPos, b.gridPos];
      assert.ok(a === b || p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y,
        `${a.title} covers ${b.title}`);
    }
  }
  // An expression is a rule's, too, once Grafana has filled in its variables.
  const filled = expressions.map((e) => e.replaceAll('$__rate_interval', '1m'));
  const file = path.join(scratch(t), 'dashboard.yml');
  writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${filled.map((e, i) => (
    `      - {record: "panel_${i}", expr: ${JSON.stringify(e)}}\n`)).join('')}`);
  assert.match(await promtool(['check', 'rules', file]), new RegExp(`${filled.length} rules found`));
});

test('they ask for what the relay says', async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'main', clip: await clip('small') });
  await until('the room to be live', 20000,
    async () => await relay.metric(/^roomcast_rooms\{state="live"/) === 1);
  const before = await relay.metrics();
  const text = (await get(`${relay.base}/metrics`)).body.toString();
  await promtool(['check', 'metrics'], text);

  const families = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map((m) => m[1]));
  let seen = 0;
  for (const source of [...expressions, rules]) {
    for (const { name, labels } of selectors(source)) {
      assert.ok(families.has(name), `${name} is in /metrics`);
      seen++;
      for (const [label, word] of labels.filter(([l]) => l !== 'code')) {
        assert.ok([...before.keys()].some((s) => s.startsWith(`${name}{`)
          && s.includes(`${label}="${word}"`)), `${name}{${label}="${word}"} is in /metrics`);
      }
    }
  }
  assert.ok(seen > 60, `${seen} selectors were looked at`);
  for (const label of rules.matchAll(/\$labels\.(\w+)/g)) {
    assert.ok(label[1] === 'instance' || LABELS.has(label[1]), `label ${label[1]}`);
  }
  for (const [by] of text.matchAll(/\{[^}]*\}/g)) {
    for (const [, label] of by.matchAll(/(\w+)="/g)) assert.ok(LABELS.has(label), `label ${label}`);
  }

  // Whatever strangers ask for, series only begin for answers of a new code.
  for (let i = 0; i < 40; i++) {
    await get(`${relay.base}/live/nowhere-${i}/index.m3u8?token=made-up-${i}`);
    await get(`${relay.base}/watch/~made.up.${i}/x`);
  }
  for (let i = 0; i < 4; i++) await callSrt(relay.srtPort, `..bad/name-${i}?key=${i}`);
  const more = [...(await relay.metrics()).keys()].filter((s) => !before.has(s));
  assert.deepEqual(more.filter((s) => !/^roomcast_http_requests_total\{code="\d{3}"\}$/.test(s)), []);
  assert.ok(more.length <= 5, more.join('\n'));
});

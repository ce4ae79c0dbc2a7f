// Starts the real binary for one test and, when the test ends, holds it to what always must hold.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Child, ROOT, freePort } from './child.mjs';
import { get, sleep, until } from './http.mjs';

export const BINARY = process.env.ROOMCAST ?? path.join(ROOT, 'build', 'roomcast');
const STOP_MS = 10000;
const ALARM = /Sanitizer|runtime error|Assertion|terminate called|stack smashing/;

export function scratch(t) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'roomcast-flow-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// pid → its children, from /proc.
function childrenOf(pid) {
  return readdirSync('/proc').filter((d) => /^\d+$/.test(d)).map(Number).filter((p) => {
    try {
      const stat = readFileSync(`/proc/${p}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    } catch { return false; }
  });
}

const commandLine = (pid) => {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, 'latin1').trim()} `
      + readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch { return ''; }
};

export class Relay {
  constructor(child, srtPort, httpPort, options) {
    Object.assign(this, { child, srtPort, httpPort, options, pid: child.pid, earlier: '',
      base: `http://127.0.0.1:${httpPort}` });
  }

  get log() { return this.earlier + this.child.log; }

  lines(pattern) { return this.log.split('\n').filter((l) => pattern.test(l)); }

  // All processes below the first one. → [{pid, name}]
  processes(pid = this.pid) {
    return childrenOf(pid).flatMap((p) => [{ pid: p, name: commandLine(p) },
      ...this.processes(p)]);
  }

  workers() { return this.processes().filter((p) => /^roomcast-w/.test(p.name)); }

  // The refusal that names this room (or text) in one log line. Wording is matched loosely.
  refusal(room, reason, limitMs = 5000) {
    return until(`a log line about ${room} with ${reason}`, limitMs,
      () => this.lines(reason).find((l) => l.includes(room)));
  }

  // /metrics as Map of series → value.
  async metrics() {
    const { token } = this.options;
    const r = await get(`${this.base}/metrics`,
      { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    assert.equal(r.status, 200, '/metrics');
    const series = new Map();
    for (const line of r.body.toString().split('\n')) {
      const m = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line);
      if (m) series.set(m[1], Number(m[2]));
    }
    return series;
  }

  // Sum over every series of a name that matches.
  async metric(pattern) {
    let found = false;
    let sum = 0;
    for (const [name, value] of await this.metrics()) {
      if (pattern.test(name)) { found = true; sum += value; }
    }
    return found ? sum : undefined;
  }

  // kill -9 of everything, and a new start on the same ports with what the first one left.
  async killWhole() {
    this.child.signal('SIGKILL');
    await this.child.exited;
  }

  async startAgain() {
    this.earlier = this.log;
    this.child = new Child(this.binary, this.args, { env: this.options.env });
    this.pid = this.child.pid;
    await this.ready();
  }

  ready() {
    return until(`/readyz of the relay\n${this.log}`, 15000, async () => {
      if (this.child.status) throw new Error(`the relay ended at once: ${this.child.log}`);
      const r = await get(`${this.base}/readyz`).catch(() => null);
      return r?.status === 200;
    });
  }

  async stop() {
    if (this.stopped) return this.stopped;
    const began = Date.now();
    this.child.signal('SIGTERM');
    const status = await this.child.wait(STOP_MS).catch(() => null);
    if (!status) this.child.signal('SIGKILL');
    this.stopped = { status, ms: Date.now() - began };
    return this.stopped;
  }

  // What every test ends on.
  async finish() {
    const { errors = [], restarts = 0 } = this.options;
    const restarted = this.child.status ? restarts
      : await this.metric(/worker.*restart/).catch(() => undefined);
    const pids = this.child.status ? [] : this.processes().map((p) => p.pid);
    const { status } = await this.stop();
    const tail = `\n--- the relay's log ---\n${this.log.slice(-6000)}`;
    const alarms = this.lines(ALARM);
    assert.deepEqual(alarms, [], `alarms in the log${tail}`);
    const loud = this.lines(/^\S+ ERROR /).filter((l) => !errors.some((e) => e.test(l)));
    assert.deepEqual(loud, [], `errors in the log${tail}`);
    assert.ok(status, `did not end within ${STOP_MS} ms of SIGTERM${tail}`);
    assert.deepEqual(status, { code: 0, signal: null }, `exit status${tail}`);
    if (restarted !== undefined && restarts !== null) assert.equal(restarted, restarts, `worker restarts${tail}`);
    await sleep(50);
    const orphans = pids.filter((p) => commandLine(p).includes('roomcast'));
    assert.deepEqual(orphans, [], 'processes that outlived the supervisor');
  }
}

// options: set (["key=value"]), config (YAML text), errors (patterns of ERROR lines that are
// expected), token (to read the metrics with), restarts (expected worker restarts; null: any number), binary, env, state (state.dir).
export async function startRelay(t, options = {}) {
  const binary = options.binary ?? BINARY;
  assert.ok(existsSync(binary), `${binary} does not exist: run make`);
  const srtPort = await freePort();
  const httpPort = await freePort();
  const state = options.state ?? 'none'; // a port's former user is no past of this relay
  const args = ['--set', `srt.listen=127.0.0.1:${srtPort}`,
    '--set', `http.listen=127.0.0.1:${httpPort}`, '--set', `state.dir=${state}`];
  for (const s of options.set ?? []) args.push('--set', s);
  if (options.config) {
    const file = path.join(scratch(t), 'roomcast.conf');
    writeFileSync(file, options.config);
    args.unshift('--config', file);
    options.configFile = file;
  }
  const child = new Child(binary, args, { env: options.env });
  const relay = new Relay(child, srtPort, httpPort, options);
  Object.assign(relay, { binary, args });
  if (process.env.FLOW_LOG) t.after(() => writeFileSync(process.env.FLOW_LOG, relay.log));
  // Shown when the test fails.
  t.after(() => t.diagnostic(`the relay said:\n${relay.log.split('\n')
    .filter((l) => / (WARN|ERROR) |feed_ended|was=|died/.test(l)).slice(-40).join('\n')}`));
  t.after(() => relay.finish());
  await relay.ready();
  return relay;
}

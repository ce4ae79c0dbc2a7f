// What must hold through every fault, whatever it is: INV (b), (c), (e) and (f).
// SPDX-License-Identifier: MIT
//
//   const inv = await Invariants.start(t, relay, options);   // before the fault
//   ... the fault, its rooms and its checks (INV (a) and (d) are theirs: ledger and follower) ...
//   await inv.end();                                         // throws with everything that broke
//
// (b) a room of its own plays all the while: no part of it is missing, and none comes later than
//     before the fault by more than the allowance; (c) the processes are the same ones, and no alarm
//     is in the log; (e) descriptors, threads and memory come back; (f) no context logs a flood.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Child, ROOT } from '../../flow/lib/child.mjs';
import { clip } from '../../flow/lib/clips.mjs';
import { sleep } from '../../flow/lib/http.mjs';
import { ControlRoom } from './control-room.mjs';
import { STRICT } from './random.mjs';

const PUSH = path.join(ROOT, 'build', 'tests', 'bench', 'srt_push');
const ALARM = /Sanitizer|runtime error|Assertion|terminate called|stack smashing| ALERT /;
// Alone it is held to the promise; in `make test` it shares its cores with other tests.
// A run has some dozens of parts, so its 99th percentile is its latest one: scripts/faults judges
// those of all seeds together, by what JITTER_LOG got.
const JITTER_MS = 400;
const JITTER_LOG = process.env.JITTER_LOG;
const LINES_PER_S = 10;

// What one process holds. Segments are memfds that leave with their rooms, so they are counted
// apart; sockets of viewers come and go with the test's own connections.
function held(pid) {
  try {
    const fds = readdirSync(`/proc/${pid}/fd`).map((f) => {
      try { return readlinkSync(`/proc/${pid}/fd/${f}`); } catch { return null; }
    }).filter((f) => f !== null);
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return { fds: fds.filter((f) => !f.startsWith('/memfd:')).length,
      memfds: fds.filter((f) => f.startsWith('/memfd:')).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
      kilobytes: Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) };
  } catch { return null; }
}

// What decoding the largest picture so far took stays with the helper, within a bound of its own
// (KEPT_BYTES in picture/picture_helper.c), and what is in use.
const PICTURES = 'roomcast-pics';
const PICTURES_MB = 80;

const roleOf = (name) => name.split(' ')[0];

export class Invariants {
  // options: control (true: a room of its own is pushed and watched), restarts (processes may be
  // new ones), settleMs (how long descriptors and threads may take to come back), memoryMb (what
  // all processes together may keep), jitterMs, linesPerS, quiet (patterns of log lines that are
  // not counted), suffers (patterns of what may befall the control room, too).
  static async start(t, relay, options = {}) {
    const inv = new Invariants(t, relay, options);
    await inv.begin();
    return inv;
  }

  constructor(t, relay, options) {
    Object.assign(this, { t, relay, settleMs: 10000, memoryMb: STRICT ? 16 : 24, jitterMs: JITTER_MS,
      linesPerS: LINES_PER_S, quiet: [], suffers: [], restarts: false, control: true, ...options });
  }

  async begin() {
    this.processes = this.list();
    this.baseline = this.measure();
    this.logFrom = this.relay.log.length;
    if (this.control) {
      const source = await clip('small');
      const args = ['--clip', source.file, '--to', `127.0.0.1:${this.relay.srtPort}`,
        '--seconds', '7200', '--prefix', 'control', '--frames'];
      // What measures is not what is measured: it goes before everybody else.
      this.push = STRICT ? new Child('nice', ['-n', '-20', PUSH, ...args]) : new Child(PUSH, args);
      this.t.after(() => this.push.signal('SIGKILL'));
      this.watch = new ControlRoom(this.relay.base, 'control000');
      this.t.after(() => this.watch.stop());
      await this.watch.calm();
    }
  }

  list() { return this.relay.processes().map((p) => ({ pid: p.pid, role: roleOf(p.name) })); }

  measure() {
    const of = new Map();
    for (const p of this.list()) {
      of.set(p.role, held(p.pid) ?? { fds: 0, threads: 0, kilobytes: 0 });
    }
    return of;
  }

  // → {jitterMs: {before, during}, parts, kilobytes: growth, ...} for the test's report
  async end() {
    const faults = [];
    const report = {};
    if (this.control) await this.endControl(faults, report);
    if (!this.restarts) this.samePids(faults);
    await this.restored(faults, report);
    this.log(faults, report);
    this.t.diagnostic(`invariants: ${JSON.stringify(report)}`);
    assert.deepEqual(faults, [], 'invariants that broke');
    return report;
  }

  // (b)
  async endControl(faults, report) {
    const got = await this.watch.stop();
    if (this.push.status) faults.push(`(b) the control room's publisher ended: ${this.push.log}`);
    this.push.signal('SIGTERM');
    await this.push.exited;
    const { all, ...jitterMs } = got.jitterMs;
    Object.assign(report, { parts: got.parts, jitterMs });
    if (JITTER_LOG && all) {
      appendFileSync(JITTER_LOG, `${JSON.stringify({ case: this.t.name, ...all })}\n`);
    }
    const unheard = got.faults.filter((f) => !this.suffers.some((s) => s.test(f)));
    faults.push(...unheard.map((f) => `(b) the control room: ${f}`));
    const allowed = this.jitterMs * Math.max(1, os.loadavg()[0] / os.cpus().length);
    const later = got.jitterMs.during - got.jitterMs.before;
    if (later > allowed) {
      faults.push(`(b) the control room's parts came ${later.toFixed(1)} ms later than before `
        + `(99 % of ${got.parts}), allowed ${allowed.toFixed(0)} ms`);
    }
  }

  // (c)
  samePids(faults) {
    const now = new Set(this.list().map((p) => p.pid));
    for (const p of this.processes) {
      if (!now.has(p.pid)) faults.push(`(c) ${p.role} (pid ${p.pid}) is not there any more`);
    }
  }

  // (e)
  excess() {
    const now = this.measure();
    const over = [];
    for (const [role, was] of this.baseline) {
      const is = now.get(role);
      if (!is) continue;
      for (const key of ['fds', 'threads']) {
        if (is[key] > was[key]) over.push(`(e) ${role}: ${is[key]} ${key}, ${was[key]} before`);
      }
    }
    return over;
  }

  async restored(faults, report) {
    const deadline = Date.now() + this.settleMs;
    let over = this.excess();
    while (over.length && Date.now() < deadline) {
      await sleep(100);
      over = this.excess();
    }
    faults.push(...over);
    const now = this.measure();
    const sum = (of) => [...of].reduce((n, [role, p]) => n + (role === PICTURES ? 0 : p.kilobytes), 0);
    report.kilobytes = sum(now) - sum(this.baseline);
    report.grown = Object.fromEntries([...now].map(([role, p]) => [role.replace('roomcast-', ''),
      p.kilobytes - (this.baseline.get(role)?.kilobytes ?? 0)]));
    const sanitized = /build-(address|thread)/.test(process.env.ROOMCAST ?? '');
    if (!sanitized && !this.restarts && report.kilobytes > this.memoryMb * 1024) {
      faults.push(`(e) memory grew by ${report.kilobytes} kB, allowed ${this.memoryMb} MB`);
    }
    if (!sanitized && (now.get(PICTURES)?.kilobytes ?? 0) > PICTURES_MB * 1024) {
      faults.push(`(e) the picture helper has ${now.get(PICTURES).kilobytes} kB`);
    }
  }

  // (c) and (f)
  log(faults, report) {
    const lines = this.relay.log.slice(this.logFrom).split('\n').filter(Boolean);
    faults.push(...lines.filter((l) => ALARM.test(l)).map((l) => `(c) in the log: ${l}`));
    const perSecond = new Map();
    for (const line of lines) {
      const m = /^(\S+)\.\d{3}Z \S+ (\S+) /.exec(line);
      if (!m || this.quiet.some((q) => q.test(line))) continue;
      const key = `${m[2]} at ${m[1]}`;
      perSecond.set(key, (perSecond.get(key) ?? 0) + 1);
    }
    report.linesPerS = Math.max(0, ...perSecond.values());
    for (const [key, n] of perSecond) {
      if (n > this.linesPerS) faults.push(`(f) ${n} lines of ${key}`);
    }
  }
}

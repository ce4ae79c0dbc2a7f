// Child processes of a test: started, listened to, ended by their own id, never outliving it.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { until } from './http.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const running = new Set();

process.on('exit', () => { for (const c of running) c.process.kill('SIGKILL'); });

export class Child {
  constructor(command, args, { stdin = 'ignore', env, cwd } = {}) {
    this.name = command;
    this.out = '';
    this.log = '';
    this.status = null;
    this.process = spawn(command, args, { stdio: [stdin, 'pipe', 'pipe'], cwd,
      env: { ...process.env, ...env } });
    this.pid = this.process.pid;
    this.process.stdout.on('data', (d) => { this.out += d; });
    this.process.stderr.on('data', (d) => { this.log += d; });
    this.process.stdin?.on('error', () => {});
    running.add(this);
    this.exited = new Promise((resolve) => {
      this.process.on('error', (e) => this.ended({ code: 127, signal: e.message }, resolve));
      this.process.on('close', (code, signal) => this.ended({ code, signal }, resolve));
    });
  }

  ended(status, resolve) {
    this.status ??= status;
    running.delete(this);
    resolve(this.status);
  }

  signal(name) { if (!this.status) this.process.kill(name); }

  // Resolves with the exit status, or throws after limitMs with what it had said.
  async wait(limitMs) {
    let timer;
    const late = new Promise((resolve) => { timer = setTimeout(resolve, limitMs, null); });
    const status = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (status) return status;
    throw new Error(`${this.name} still runs after ${limitMs} ms: ${this.log.slice(-400)}`);
  }

  waitForLog(pattern, limitMs = 5000) {
    return until(`${this.name} to say ${pattern}`, limitMs, () => pattern.exec(this.log));
  }
}

// Runs to the end. → {code, signal, out, log}
export async function run(command, args, { limitMs = 30000, ...options } = {}) {
  const c = new Child(command, args, options);
  try {
    const status = await c.wait(limitMs);
    return { ...status, out: c.out, log: c.log };
  } finally {
    c.signal('SIGKILL');
  }
}

const tcpIsFree = (port) => new Promise((resolve) => {
  const s = createServer().once('error', () => resolve(false));
  s.listen(port, '127.0.0.1', () => s.close(() => resolve(true)));
});
const udpIsFree = (port) => new Promise((resolve) => {
  const s = createSocket('udp4').once('error', () => resolve(false));
  s.bind(port, '127.0.0.1', () => s.close(() => resolve(true)));
});

// A port free for both TCP and UDP, below the range that outgoing connections use.
export async function freePort() {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    if (await tcpIsFree(port) && await udpIsFree(port)) return port;
  }
  throw new Error('no free port found in 100 tries');
}

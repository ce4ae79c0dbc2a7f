// HTTP as tests need it: one request with everything seen, and raw bytes for what no client sends.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import net from 'node:net';

export const keepAlive = () => new http.Agent({ keepAlive: true, maxSockets: 4 });

// → {status, headers, body (as it came, not decompressed), ms}. Never follows a redirect.
// A connection that was kept and that the server closed meanwhile is not an answer (RFC 9112 9.3.1).
export function request(url, options = {}) {
  const { method = 'GET', headers = {}, agent, timeoutMs = 10000 } = options;
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const r = http.request(url, { method, headers, agent, timeout: timeoutMs }, (response) => {
      const chunks = [];
      response.on('data', (c) => chunks.push(c));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers,
        body: Buffer.concat(chunks), ms: Date.now() - began, complete: response.complete }));
    });
    r.on('timeout', () => r.destroy(new Error(`no answer to ${method} ${url} in ${timeoutMs} ms`)));
    r.on('error', (e) => {
      const may = r.reusedSocket && !options.again && ['GET', 'HEAD'].includes(method);
      if (may && e.code === 'ECONNRESET') resolve(request(url, { ...options, again: true }));
      else reject(e);
    });
    r.end();
  });
}

export const get = (url, options) => request(url, options);

// Sends bytes as they are; resolves with all that came back once the server closes or is silent
// for quietMs. A reset counts as a close.
export function rawRequest(port, bytes, { quietMs = 1500, host = '127.0.0.1' } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    const socket = net.connect(port, host, () => socket.write(bytes));
    const done = (how) => {
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({ how, text, status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0),
        statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((m) => Number(m[1])) });
    };
    socket.setTimeout(quietMs, () => done('silent'));
    socket.on('data', (c) => chunks.push(c));
    socket.on('end', () => done('closed'));
    socket.on('error', (e) => done(e.code));
  });
}

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Waits until probe() gives something truthy and returns it; throws with `what` after limitMs.
export async function until(what, limitMs, probe, stepMs = 50) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(stepMs);
  }
}

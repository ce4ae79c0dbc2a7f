// Requests as the checker makes them: every answer with the times of its head and of its pieces.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import https from 'node:https';

const SILENCE_MS = 10000;

// An exchange: {url, status, headers, body, sentAt, headAt, doneAt, chunks: [{at, bytes}],
// stalledMs}.
// Never follows a redirect; throws when no whole answer comes.
export class Transport {
  constructor(clock, { insecure = false, maxSockets = 12 } = {}) {
    this.clock = clock;
    this.agents = { 'http:': new http.Agent({ keepAlive: true, maxSockets }),
      'https:': new https.Agent({ keepAlive: true, maxSockets, rejectUnauthorized: !insecure }) };
  }

  async fetch(url, options = {}) {
    try {
      return await this.once(url, options);
    } catch (e) {
      // A kept connection that the server closed just as it was used again: nobody's fault.
      if (!e.reused || !['ECONNRESET', 'EPIPE'].includes(e.code)) throw e;
      return this.once(url, options);
    }
  }

  once(url, { method = 'GET', headers = {}, timeoutMs = SILENCE_MS, signal } = {}) {
    const { clock } = this;
    const { protocol } = new URL(url);
    if (!this.agents[protocol]) throw new Error(`${url} is neither http nor https`);
    return new Promise((resolve, reject) => {
      const sentAt = clock.now();
      const before = clock.stalledMs();
      const make = protocol === 'https:' ? https : http;
      const request = make.request(url, { method, headers, agent: this.agents[protocol],
        timeout: timeoutMs, signal }, (response) => {
        const headAt = clock.now();
        const chunks = [];
        const bodies = [];
        response.on('data', (c) => {
          chunks.push({ at: clock.now(), bytes: c.length });
          bodies.push(c);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ url, method, status: response.statusCode,
          headers: response.headers, body: Buffer.concat(bodies), sentAt, headAt,
          doneAt: clock.now(), chunks, stalledMs: clock.stalledMs() - before }));
      });
      request.on('timeout', () => request.destroy(
        Object.assign(new Error(`no answer to ${method} ${url} in ${timeoutMs} ms`),
          { code: 'TIMEOUT' })));
      request.on('error', (e) => reject(Object.assign(e, { reused: request.reusedSocket })));
      request.end();
    });
  }

  close() { for (const a of Object.values(this.agents)) a.destroy(); }
}

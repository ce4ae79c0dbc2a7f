// Who is told by web hooks: a real HTTP(S) server that checks signatures by itself and answers as a
// test asks it to.
// SPDX-License-Identifier: MIT
import { createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { until } from './http.mjs';

export const ORGANIZER = 'an-organizer-of-the-test';
export const makeSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

// Standard Webhooks: one of the signatures must be right.
function isSigned(secret, headers, body) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const right = createHmac('sha256', key)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  return (headers['webhook-signature'] ?? '').split(' ').includes(`v1,${right}`);
}

export class Receiver {
  constructor(tls) {
    this.got = []; // every attempt: {id, type, room, at, signatures, body, headers, answer}
    this.faults = [];
    this.secret = makeSecret();
    this.answer = () => 200; // attempt → status, or a function of (request, response)
    this.tls = tls;
  }

  async listen(t, port = 0) {
    const take = (req, res) => this.#take(req, res);
    this.server = this.tls ? https.createServer(this.tls, take) : http.createServer(take);
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.url = `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.port}/hook?from=roomcast`;
    if (!this.cared) t.after(() => this.close());
    this.cared = true;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  async #take(req, res) {
    let text = '';
    for await (const chunk of req) text += chunk;
    const body = JSON.parse(text);
    const attempt = { at: Date.now(), id: req.headers['webhook-id'], headers: req.headers, body,
      type: body.type, room: body.room, path: req.url,
      signatures: (req.headers['webhook-signature'] ?? '').split(' ').length };
    const skew = Math.abs(Date.now() / 1000 - Number(req.headers['webhook-timestamp']));
    if (!isSigned(this.secret, req.headers, text)) this.faults.push(`${body.type}: not signed`);
    if (body.id !== attempt.id) this.faults.push(`${body.id} is not ${attempt.id}`);
    if (skew > 5) this.faults.push(`a timestamp of ${skew} s ago`);
    if (req.method !== 'POST' || req.headers['content-type'] !== 'application/json')
      this.faults.push(`${req.method} ${req.headers['content-type']}`);
    attempt.answer = this.answer(attempt);
    this.got.push(attempt);
    if (typeof attempt.answer === 'function') { attempt.answer(req, res); return; }
    res.writeHead(attempt.answer).end('thank you');
  }

  // What was taken, each event once. → ["room type"]
  taken(room) {
    const seen = new Map();
    for (const a of this.got)
      if (a.answer >= 200 && a.answer < 300 && (!room || a.room === room)) seen.set(a.id, a);
    return [...seen.values()];
  }

  types(room) { return this.taken(room).map((a) => a.type); }

  wait(room, types, limitMs = 10000) {
    return until(`${types.join(', ')} of ${room}`, limitMs,
      () => (this.types(room).join() === types.join() ? this.taken(room) : null))
      .catch((e) => { throw new Error(`${e.message}; came: ${this.types(room).join(', ')}`); });
  }
}

// The pid of the process that sends; what a relay is started with to tell these; that it is ready.
export const sender = (relay) => relay.processes().find((p) => /^roomcast-hooks/.test(p.name))?.pid;
export const tells = (receivers, more = {}) => ({ token: ORGANIZER, ...more, set: [
  `access.organizer_token=${ORGANIZER}`, `hooks.url=${receivers.map((r) => r.url).join(' ')}`,
  `hooks.secret=${receivers.map((r, i) => `${i + 1}=${r.secret}`).join(' ')}`,
  ...(more.set ?? [])] });
export const sends = (relay, times = 1) => until('the process that sends', 5000,
  () => relay.lines(/ hooks ready /).length >= times);

// HTTP/2 as tests need it: a session over TLS or by prior knowledge, many requests at once.
// SPDX-License-Identifier: MIT
import http2 from 'node:http2';

// origin: http://host:port or https://host:port. → {session, get, goaways, closed}
export function openHttp2(origin, settings = {}) {
  const session = http2.connect(origin, { rejectUnauthorized: false, settings });
  const goaways = [];
  const errors = [];
  session.on('goaway', (code, last) => goaways.push({ code, last }));
  session.on('error', (e) => errors.push(e));
  const closed = new Promise((resolve) => { session.on('close', resolve); });

  // → {status, headers, body, chunks: when each came, ms, stream}; rejects when it is reset.
  function get(path, headers = {}, { method = 'GET', timeoutMs = 20000, text } = {}) {
    const stream = session.request({ ':method': method, ':path': path, ...headers },
      { endStream: text === undefined });
    const began = Date.now();
    const answer = new Promise((resolve, reject) => {
      const got = { status: 0, headers: {}, pieces: [] };
      stream.on('response', (h) => Object.assign(got, { status: h[':status'], headers: h }));
      stream.on('data', (d) => got.pieces.push(d));
      stream.on('end', () => resolve({ ...got, body: Buffer.concat(got.pieces),
        ms: Date.now() - began }));
      stream.on('error', reject);
      stream.setTimeout(timeoutMs, () => reject(new Error(`no answer to ${path}`)));
    });
    if (text !== undefined) stream.end(text);
    return Object.assign(answer, { stream });
  }
  return { session, get, goaways, errors, closed };
}

// Talks to OBS's own remote control (obs-websocket 5) over a WebSocket of our own, RFC 6455.
// SPDX-License-Identifier: MIT
import { randomBytes } from 'node:crypto';
import net from 'node:net';

const TEXT = 1;
const CLOSE = 8;

// RFC 6455 section 5.2: a client masks; messages here are small text, unfragmented.
function frame(opcode, payload) {
  const mask = randomBytes(4);
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length])
    : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 255]);
  const masked = Buffer.from(payload.map((byte, i) => byte ^ mask[i & 3]));
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]);
}

// The first whole frame in bytes, or null. → {opcode, payload, rest}
function unframe(bytes) {
  if (bytes.length < 2) return null;
  let length = bytes[1] & 127;
  let head = 2;
  if (length === 126) { if (bytes.length < 4) return null; length = bytes.readUInt16BE(2); head = 4; }
  else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    head = 10;
  }
  if (bytes.length < head + length) return null;
  return { opcode: bytes[0] & 15, payload: bytes.subarray(head, head + length),
    rest: bytes.subarray(head + length) };
}

export class ObsSocket {
  #socket; #bytes = Buffer.alloc(0); #upgraded = false; #waiting = new Map(); #next = 1;

  // Resolves once OBS has identified us; rejects when nothing listens yet.
  static connect(port) {
    return new Promise((resolve, reject) => {
      const self = new ObsSocket();
      self.#socket = net.connect(port, '127.0.0.1', () => self.#socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
        + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n`
        + 'Sec-WebSocket-Protocol: obswebsocket.json\r\n\r\n'));
      self.#socket.on('data', (d) => self.#take(d, resolve));
      self.#socket.on('error', reject);
      self.#socket.on('close', () => {
        reject(new Error('OBS closed the control connection'));
        for (const w of self.#waiting.values()) w.reject(new Error('OBS went away'));
      });
    });
  }

  #take(data, identified) {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    if (!this.#upgraded) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#upgraded = true;
    }
    for (let f = unframe(this.#bytes); f; f = unframe(this.#bytes)) {
      this.#bytes = f.rest;
      if (f.opcode === TEXT) this.#message(JSON.parse(f.payload), identified);
      if (f.opcode === CLOSE) this.#socket.end();
    }
  }

  #send(op, d) { this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify({ op, d })))); }

  #message({ op, d }, identified) {
    if (op === 0) this.#send(1, { rpcVersion: 1, eventSubscriptions: 0 });
    if (op === 2) identified(this);
    if (op !== 7) return;
    const waiting = this.#waiting.get(d.requestId);
    this.#waiting.delete(d.requestId);
    if (d.requestStatus.result) waiting?.resolve(d.responseData ?? {});
    else waiting?.reject(new Error(`${d.requestType}: ${d.requestStatus.comment}`));
  }

  request(requestType, requestData) {
    const requestId = String(this.#next++);
    return new Promise((resolve, reject) => {
      this.#waiting.set(requestId, { resolve, reject });
      this.#send(6, { requestType, requestId, requestData });
    });
  }

  close() { this.#socket.destroy(); }
}

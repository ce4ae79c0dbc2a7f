// SRT handshakes by hand: what no encoder can be made to send, and the reject code it answers with.
// SPDX-License-Identifier: MIT
//
// draft-sharabayko-srt-01 section 3.2.1 (handshake), 3.2.1.1 to 3.2.1.3 (its extensions).
import { createSocket } from 'node:dgram';

const INDUCTION = 1;
const CONCLUSION = 0xffffffff;
const REJECT_BASE = 1000;
const HEADER = 16;

// The codes an application may give (libsrt access_control.h), without REJECT_BASE.
export const REJECT = { badRequest: 1400, unauthorized: 1401, overload: 1402, forbidden: 1403,
  notFound: 1404, badMode: 1405, unacceptable: 1406, conflict: 1409, notSupported: 1415,
  locked: 1423 };

function handshake({ version, extension, type, cookie = 0, socketId, more = Buffer.alloc(0) }) {
  const p = Buffer.alloc(HEADER + 48);
  p.writeUInt32BE(0x80000000, 0);
  const h = p.subarray(HEADER);
  h.writeUInt32BE(version, 0);
  h.writeUInt16BE(extension, 6);
  h.writeUInt32BE(0x1234567, 8);
  h.writeUInt32BE(1500, 12);
  h.writeUInt32BE(8192, 16);
  h.writeUInt32BE(type, 20);
  h.writeUInt32BE(socketId, 24);
  h.writeUInt32BE(cookie, 28);
  h.writeUInt32BE(0x0100007f, 32);
  return Buffer.concat([p, more]);
}

function extensionBlock(type, body) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([head, body]);
}

// Text lies in 32-bit words whose bytes are swapped.
function streamIdBlock(text) {
  const bytes = Buffer.from(text, 'latin1');
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - bytes.length % 4) % 4)]);
  return extensionBlock(5, padded.swap32());
}

function capabilities(latencyMs) {
  const body = Buffer.alloc(12);
  body.writeUInt32BE(0x00010501, 0);
  body.writeUInt32BE(0xbf, 4);
  body.writeUInt16BE(latencyMs, 8);
  body.writeUInt16BE(latencyMs, 10);
  return extensionBlock(1, body);
}

class Caller {
  constructor(port) {
    this.port = port;
    this.socket = createSocket('udp4');
    this.waiting = null;
    this.socket.on('message', (m) => this.waiting?.(m));
    this.socket.on('error', () => {});
  }

  send(bytes) { this.socket.send(bytes, this.port, '127.0.0.1'); }

  // Sends until an answer that `accept` takes came, or null after tries × 250 ms.
  async exchange(bytes, accept, tries) {
    for (let i = 0; i < tries; i++) {
      this.send(bytes);
      const answer = await new Promise((resolve) => {
        const timer = setTimeout(() => resolve(null), 250);
        this.waiting = (m) => { if (accept(m)) { clearTimeout(timer); resolve(m); } };
      });
      if (answer) return answer;
    }
    return null;
  }
}

const isHandshake = (m) => m.length >= HEADER + 48 && m.readUInt32BE(0) >>> 16 === 0x8000;
const typeOf = (m) => m.readUInt32BE(HEADER + 20);

// → {accepted, code (as in REJECT, or libsrt's own below 1000), answered}
export async function callSrt(port, streamId, { latencyMs = 120, tries = 6 } = {}) {
  const caller = new Caller(port);
  const socketId = 1 + Math.floor(Math.random() * 0x3fffffff);
  try {
    const first = await caller.exchange(handshake({ version: 4, extension: 2, type: INDUCTION,
      socketId }), (m) => isHandshake(m) && typeOf(m) === INDUCTION, tries);
    if (!first) return { answered: false, accepted: false };
    const more = Buffer.concat([capabilities(latencyMs), streamIdBlock(streamId)]);
    const cookie = first.readUInt32BE(HEADER + 28);
    const last = await caller.exchange(handshake({ version: 5, extension: 5, type: CONCLUSION,
      cookie, socketId, more }), (m) => isHandshake(m) && typeOf(m) !== INDUCTION, tries);
    if (!last) return { answered: false, accepted: false };
    const type = typeOf(last);
    if (type !== CONCLUSION) return { answered: true, accepted: false, code: type - REJECT_BASE };
    const shutdown = Buffer.alloc(20);
    shutdown.writeUInt32BE(0x80050000, 0);
    shutdown.writeUInt32BE(last.readUInt32BE(HEADER + 24), 12);
    caller.send(shutdown);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    return { answered: true, accepted: true };
  } finally {
    caller.socket.close();
  }
}

// Datagrams as they are, to see that nothing comes of them.
export async function sendDatagrams(port, datagrams) {
  const socket = createSocket('udp4');
  for (const d of datagrams) {
    await new Promise((resolve) => { socket.send(d, port, '127.0.0.1', resolve); });
  }
  socket.close();
}

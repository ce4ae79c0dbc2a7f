// SRT packets that no encoder sends: forged handshakes, control packets into a live session, noise.
// SPDX-License-Identifier: MIT
//
// draft-sharabayko-srt-01 section 3.2: control packets; 3.2.1 the handshake and its extensions.
import { createSocket } from 'node:dgram';

const HEADER = 16;
export const CONTROL = { handshake: 0, keepAlive: 1, ack: 2, nak: 3, congestion: 4, shutdown: 5,
  ackAck: 6, dropRequest: 7, peerError: 8, user: 0x7fff };

export function control(type, { subtype = 0, info = 0, body = Buffer.alloc(0), id = 0 } = {}) {
  const p = Buffer.alloc(HEADER);
  p.writeUInt16BE(0x8000 | type, 0);
  p.writeUInt16BE(subtype, 2);
  p.writeUInt32BE(info >>> 0, 4);
  p.writeUInt32BE(id, 12);
  return Buffer.concat([p, body]);
}

const words = (...list) => {
  const b = Buffer.alloc(4 * list.length);
  list.forEach((w, i) => b.writeUInt32BE(w >>> 0, 4 * i));
  return b;
};

// Of a live session, where it has no business: each of them froze or broke some receiver once.
export function hostile(sequence) {
  return [
    control(CONTROL.dropRequest, { body: words(0, 0x7fffffff) }),
    control(CONTROL.dropRequest, { body: words(0x7fffffff, 0) }),
    control(CONTROL.dropRequest, { body: words(sequence, sequence + 0x3fffffff) }),
    control(CONTROL.dropRequest, { body: words(sequence + 100, sequence) }),
    control(CONTROL.user, { subtype: 3, body: Buffer.alloc(1400, 0x12) }),
    control(CONTROL.user, { subtype: 4, body: Buffer.alloc(1400, 0x12) }),
    control(CONTROL.user, { subtype: 1, body: words(0x00010501, 0xffffffff, 0xffffffff) }),
    control(CONTROL.user, { subtype: 9, body: Buffer.alloc(8, 0xff) }),
    control(CONTROL.nak, { body: words(0x80000000, 0x7fffffff, 5, 5) }),
    control(CONTROL.ack, { info: 1, body: words(sequence, 0, 0, 0, 0, 0, 0) }),
    control(CONTROL.ack, { info: 0xffffffff, body: words(0x7fffffff) }),
    control(CONTROL.ackAck, { info: 0xffffffff }),
    control(CONTROL.peerError, { info: 4000 }),
    control(CONTROL.congestion),
    control(0x7ffe, { body: Buffer.alloc(1400, 0xee) }),
    Buffer.from([0x80]), Buffer.alloc(15, 0x80), Buffer.alloc(1472, 0xff),
  ];
}

// A control packet of any kind with some of its bytes replaced; no shutdown, which would be obeyed.
export function mutated(random, sequence) {
  const types = [0, 1, 6, 0x7fff, 0x7fff, 2, 3, 7, 8];
  const type = types[random.below(types.length)];
  const body = random.bytes(4 * random.below(type === CONTROL.user ? 40 : 14));
  if (body.length >= 8 && random.chance(0.5)) body.writeUInt32BE(sequence & 0x7fffffff, 0);
  const p = control(type, { subtype: random.below(8), info: random.next(), body });
  for (let n = random.below(3); n > 0; n--) p[random.below(p.length)] = random.below(256);
  if (p.readUInt16BE(0) === (0x8000 | CONTROL.shutdown)) p.writeUInt16BE(0x8001, 0);
  return p;
}

function handshake({ version, field = 0, mss = 1500, window = 8192, type, cookie = 0, id,
  more = Buffer.alloc(0) }) {
  const body = Buffer.alloc(48);
  body.writeUInt32BE(version, 0);
  body.writeUInt16BE(field, 6);
  body.writeUInt32BE(0x1234567, 8);
  body.writeUInt32BE(mss, 12);
  body.writeUInt32BE(window, 16);
  body.writeUInt32BE(type >>> 0, 20);
  body.writeUInt32BE(id, 24);
  body.writeUInt32BE(cookie, 28);
  body.writeUInt32BE(0x0100007f, 32);
  return control(CONTROL.handshake, { body: Buffer.concat([body, more]) });
}

const block = (type, body) => Buffer.concat([Buffer.from([type >> 8, type & 255,
  body.length >> 10, body.length >> 2 & 255]), body]);

function text(type, string) {
  const bytes = Buffer.from(string, 'latin1');
  return block(type, Buffer.concat([bytes, Buffer.alloc((4 - bytes.length % 4) % 4)]).swap32());
}

const INDUCTION = 1;
const CONCLUSION = 0xffffffff;

export const induction = (random) => handshake({ version: 4, field: 2, type: INDUCTION,
  id: 1 + random.below(0x3fffffff) });
export const badCookie = (random, streamId = 'flood') => handshake({ version: 5, field: 5,
  type: CONCLUSION, cookie: random.next(), id: 1 + random.below(0x3fffffff),
  more: Buffer.concat([block(1, words(0x00010501, 0xbf, 0x00780078)), text(5, streamId)]) });

// A handshake with one thing wrong. → {answered, accepted, code}
export function call(port, { streamId = 'forged', mss, window, latency = 120, filter, more,
  waitMs = 700 } = {}) {
  const socket = createSocket('udp4');
  const id = 1 + Math.floor(Math.random() * 0x3fffffff);
  const send = (b) => socket.send(b, port, '127.0.0.1');
  return new Promise((resolve) => {
    const end = (result) => { clearTimeout(timer); socket.close(); resolve(result); };
    const timer = setTimeout(() => end({ answered: false, accepted: false }), waitMs);
    socket.on('error', () => {});
    socket.on('message', (m) => {
      if (m.length < HEADER + 48 || m.readUInt16BE(0) !== 0x8000) return;
      const type = m.readUInt32BE(HEADER + 20);
      if (type === INDUCTION) {
        const extensions = [block(1, words(0x00010501, 0xbf, latency << 16 | latency)),
          text(5, streamId), ...(filter ? [text(7, filter)] : []), ...(more ?? [])];
        send(handshake({ version: 5, field: 5, mss, window, type: CONCLUSION, id,
          cookie: m.readUInt32BE(HEADER + 28), more: Buffer.concat(extensions) }));
      } else if (type === CONCLUSION) {
        const peer = m.readUInt32BE(HEADER + 24);
        end({ answered: true, accepted: true, peer, close() {
          const s = createSocket('udp4');
          s.send(control(CONTROL.shutdown, { id: peer, body: words(0) }), port, '127.0.0.1',
            () => s.close());
        } });
      } else end({ answered: true, accepted: false, code: type - 1000 });
    });
    send(handshake({ version: 4, field: 2, mss, window, type: INDUCTION, id }));
  });
}

// As many datagrams as make(i) gives, in bursts between which the loop breathes.
export async function flood(port, count, make, burst = 200) {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  for (let i = 0; i < count; i += burst) {
    for (let k = i; k < Math.min(count, i + burst); k++) socket.send(make(k), port, '127.0.0.1');
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  socket.close();
}

// A long way between a publisher and the relay: every datagram arrives later, and some twice.
// SPDX-License-Identifier: MIT
import { createSocket } from 'node:dgram';

const bind = (socket) => new Promise((resolve) => {
  socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
});

// draft-sharabayko-srt-01 3.2.1: a handshake whose type is "conclusion".
const isConclusion = (m) => m.length >= 64 && m.readUInt32BE(0) >>> 16 === 0x8000
  && m.readUInt32BE(36) === 0xffffffff;

// delayMs: each way. twiceMs: conclusions come again after that time. → {srtPort, conclusions,
// again()}: what publishers connect to, how many handshakes passed, and sends the first one once
// more from where it came.
export async function longWay(t, port, { delayMs = 0, twiceMs = 0 } = {}) {
  const front = createSocket('udp4');
  const ways = new Map();
  const way = { conclusions: 0, first: null };
  let open = true;
  const later = (ms, send) => setTimeout(() => open && send(), ms);
  const wayOf = (from) => {
    const key = `${from.address}:${from.port}`;
    if (!ways.has(key)) {
      const up = createSocket('udp4');
      up.on('message', (m) => later(delayMs, () => front.send(m, from.port, from.address)));
      up.on('error', () => {});
      ways.set(key, up);
    }
    return ways.get(key);
  };
  front.on('error', () => {});
  front.on('message', (m, from) => {
    const up = wayOf(from);
    const send = () => up.send(m, port, '127.0.0.1');
    later(delayMs, send);
    if (!isConclusion(m)) return;
    way.conclusions++;
    way.first ??= send;
    if (twiceMs) later(delayMs + twiceMs, send);
  });
  way.srtPort = await bind(front);
  way.again = () => way.first();
  t.after(() => { open = false; front.close(); for (const up of ways.values()) up.close(); });
  return way;
}

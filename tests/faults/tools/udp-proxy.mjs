// A UDP proxy for SRT: delay, jitter, reordering, duplication, loss, bit flips, black-out, a slow
// line, bursts of loss; one socket towards the relay for each publisher. It can also change what a publisher says
// (rewrite: packet → packet, or null to drop it), and speak in its name.
// SPDX-License-Identifier: MIT
import { createSocket } from 'node:dgram';
import { Random } from '../lib/random.mjs';

const QUEUE_BYTES = 256 << 10; // of the slow line: what comes on top is dropped

class Way {
  constructor(proxy) {
    Object.assign(this, { proxy, freeAt: 0, passed: 0, dropped: 0, seen: 0 });
  }

  // So many packets of each so many towards the relay: burst is {every, length, from}, or null.
  inBurst() {
    const { burst } = this.proxy.faults;
    if (!burst || this !== this.proxy.up) return false;
    const n = this.seen++ - burst.from;
    return n >= 0 && n % burst.every < burst.length;
  }

  // When the packet is to leave, or null when it is lost.
  leaveAt(length, now) {
    const { faults, random } = this.proxy;
    if (faults.black || this.inBurst() || random.chance(faults.loss)) return null;
    let at = now + faults.delayMs + random.below(faults.jitterMs + 1);
    if (random.chance(faults.reorder)) at += faults.reorderMs;
    if (!faults.kbps) return at;
    const takes = length * 8 / faults.kbps;
    const from = Math.max(now, this.freeAt);
    if ((from - now) * faults.kbps / 8 > QUEUE_BYTES) return null;
    this.freeAt = from + takes;
    return Math.max(at, this.freeAt);
  }

  pass(packet, send) {
    const { faults, random } = this.proxy;
    const now = performance.now();
    const at = this.leaveAt(packet.length, now);
    if (at === null) { this.dropped++; return; }
    let bytes = packet;
    if (random.chance(faults.flip)) {
      bytes = Buffer.from(packet);
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    }
    this.passed++;
    this.proxy.later(at - now, () => send(bytes));
    if (random.chance(faults.duplicate)) this.proxy.later(at - now + 3, () => send(bytes));
  }
}

export class UdpProxy {
  // In front of a relay: publishers are sent to .srtPort instead of its own.
  static async start(t, relay, { seed = 1, faults = {} } = {}) {
    const proxy = new UdpProxy(relay, seed, faults);
    t.after(() => proxy.close());
    await new Promise((resolve) => { proxy.socket.bind(0, '127.0.0.1', resolve); });
    proxy.srtPort = proxy.socket.address().port;
    return proxy;
  }

  constructor(relay, seed, faults) {
    this.random = new Random(seed);
    this.toPort = relay.srtPort;
    this.faults = { delayMs: 0, jitterMs: 0, reorder: 0, reorderMs: 20, loss: 0, duplicate: 0,
      flip: 0, kbps: 0, black: false, burst: null, rewrite: null, ...faults };
    this.publishers = new Map();
    this.timers = new Set();
    this.up = new Way(this);
    this.down = new Way(this);
    this.socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    this.socket.on('message', (m, from) => this.fromPublisher(m, from));
    this.socket.on('error', () => {});
  }

  fromPublisher(packet, from) {
    let p = this.publishers.get(from.port);
    if (!p) {
      p = { port: from.port, socket: createSocket({ type: 'udp4', recvBufferSize: 4 << 20 }) };
      p.socket.on('error', () => {});
      p.socket.on('message', (m) => this.down.pass(m, (b) => this.safely(this.socket, b, p.port)));
      this.publishers.set(from.port, p);
    }
    // Data: the relay's socket id, the newest sequence number.
    if (packet.length >= 16 && !(packet[0] & 0x80)) {
      p.id = packet.readUInt32BE(12);
      p.sequence = packet.readUInt32BE(0);
    }
    const meant = this.faults.rewrite ? this.faults.rewrite(packet) : packet;
    if (meant) this.up.pass(meant, (b) => this.safely(p.socket, b, this.toPort));
  }

  // As if the newest publisher that sends data had sent it.
  inject(packet) {
    const p = [...this.publishers.values()].findLast((x) => x.id !== undefined);
    if (!p) throw new Error('nobody sends through the proxy yet');
    const bytes = Buffer.from(packet);
    if (bytes.length >= 16) bytes.writeUInt32BE(p.id, 12);
    this.safely(p.socket, bytes, this.toPort);
    return p;
  }

  safely(socket, bytes, port) {
    if (!this.closed) socket.send(bytes, port, '127.0.0.1');
  }

  later(ms, work) {
    if (ms < 1) { work(); return; }
    const timer = setTimeout(() => { this.timers.delete(timer); work(); }, ms);
    this.timers.add(timer);
  }

  close() {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.socket.close();
    for (const p of this.publishers.values()) p.socket.close();
  }
}

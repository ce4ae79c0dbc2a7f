// Publishers: real SRT encoders, as children of the test.
// SPDX-License-Identifier: MIT
import { Child } from './child.mjs';
import { COPY } from './clips.mjs';

// srt_close drops what is not acknowledged yet, unless it may linger.
const LINGER_S = 5;

export function srtUrl(relay, options) {
  const { room, streamId = room, query = {} } = options;
  const all = { ...(streamId === undefined ? {} : { streamid: streamId }), linger: LINGER_S,
    ...query };
  // Neither tool decodes percent signs: what stands in the URL is what is sent.
  const text = Object.entries(all).map(([k, v]) => `${k}=${v}`).join('&');
  return `srt://127.0.0.1:${relay.srtPort}?${text}`;
}

class Push extends Child {
  kill() { this.signal('SIGKILL'); return this.exited; }

  term() { this.signal('SIGTERM'); return this.exited; }
}

// options: room or streamId, clip, query (SRT options of the URL), loop (play it n times more).
// Ends by itself when the clip does; .exited, .log as of Child.
export function pushFfmpeg(t, relay, options) {
  const input = options.loop ? ['-stream_loop', `${options.loop}`] : [];
  const push = new Push('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-re',
    ...input, '-i', options.clip.file, ...COPY, srtUrl(relay, options)]);
  t.after(() => push.kill());
  return push;
}

// srt-live-transmit sends whole chunks of 1316 bytes only: null packets fill the last one.
function padding(chunks) {
  const size = chunks.reduce((n, c) => n + c.length, 0);
  const packet = Buffer.alloc(188, 0xff);
  packet.set([0x47, 0x1f, 0xff, 0x10]);
  return Buffer.concat(Array(7 + (7 - size / 188 % 7) % 7).fill(packet));
}

// Sends the clip's bytes just as they are, spread evenly over its seconds: what ffmpeg would not
// copy (metadata, codecs it does not know) arrives too. .pause() and .resume(): the connection
// stands, and nothing is sent in between.
export function pushRaw(t, relay, options) {
  const { bytes, seconds } = options.clip;
  const push = new Push('srt-live-transmit', ['-q', '-ll', 'error', '-a:no', '-chunk:1316',
    'file://con', srtUrl(relay, options)], { stdin: 'pipe' });
  let began = Date.now(), paused = 0, at = 0;
  push.pause = () => { paused = Date.now(); };
  push.resume = () => { began += Date.now() - paused; paused = 0; };
  const timer = setInterval(() => {
    if (paused) return;
    const due = Math.min(1, (Date.now() - began) / 1000 / seconds) * bytes.length;
    const upTo = due >= bytes.length ? bytes.length : Math.floor(due / 1316) * 1316;
    if (upTo > at && !push.status) push.process.stdin.write(bytes.subarray(at, upTo));
    at = Math.max(at, upTo);
    if (at < bytes.length && !push.status) return;
    clearInterval(timer);
    if (!push.status) push.process.stdin.end(padding([bytes]));
    setTimeout(() => push.signal('SIGTERM'), 1000);
  }, 20);
  t.after(() => { clearInterval(timer); return push.kill(); });
  return push;
}

// ffmpeg paces, we keep what passed by, srt-live-transmit speaks SRT. .sent() has the bytes.
export function pushTransmit(t, relay, options) {
  const source = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-re',
    '-i', options.clip.file, ...COPY, 'pipe:1']);
  const chunks = [];
  const push = new Push('srt-live-transmit', ['-q', '-ll', 'error', '-a:no', '-chunk:1316',
    'file://con', srtUrl(relay, options)], { stdin: 'pipe' });
  source.process.stdout.removeAllListeners('data');
  source.process.stdout.on('data', (d) => {
    chunks.push(d);
    if (!push.status) push.process.stdin.write(d);
  });
  // At the end of its input srt-live-transmit waits; SIGTERM is how it is asked to close.
  source.process.stdout.on('end', () => {
    push.process.stdin.end(padding(chunks));
    setTimeout(() => push.signal('SIGTERM'), 1000);
  });
  push.sent = () => Buffer.concat(chunks);
  t.after(() => { source.signal('SIGKILL'); return push.kill(); });
  return push;
}

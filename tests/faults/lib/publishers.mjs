// Publishers for the cases: a clip pushed by ffmpeg or by our own sender, ended by their ids.
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { Child, ROOT } from '../../flow/lib/child.mjs';
import { srtUrl } from '../../flow/lib/push.mjs';

const PUSH = path.join(ROOT, 'build', 'tests', 'bench', 'srt_push');
export const ABUSE = path.join(ROOT, 'build', 'tests', 'faults', 'tools', 'http_abuse');

// Loops the clip until it is stopped. options: room (its name gets "000" behind it), srtPort,
// latencyMs.
export function pushLoop(t, relay, clip, { room = 'fault', srtPort = relay.srtPort,
  latencyMs = 120 } = {}) {
  const push = new Child(PUSH, ['--clip', clip.file, '--to', `127.0.0.1:${srtPort}`, '--seconds',
    '3600', '--prefix', room, '--latency', `${latencyMs}`, '--frames']);
  push.room = `${room}000`;
  t.after(() => push.signal('SIGKILL'));
  return push;
}

export async function ended(...pushes) {
  for (const p of pushes) { p.signal('SIGCONT'); p.signal('SIGKILL'); }
  await Promise.all(pushes.map((p) => p.exited));
}

// ffmpeg with any SRT options in the URL.
export function pushWith(t, relay, clip, { room, query = {}, srtPort = relay.srtPort, loop = 0 }) {
  const url = srtUrl({ srtPort }, { room, query });
  const push = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-re',
    '-stream_loop', `${loop}`, '-i', clip.file, '-map', '0', '-c', 'copy', '-f', 'mpegts', url]);
  t.after(() => push.signal('SIGKILL'));
  return push;
}

// N viewers of one kind. → {done: their report, child}
export function abuse(t, relay, { mode, count, path: where, seconds, rate = 1, seed = 1 }) {
  const child = new Child(ABUSE, ['--to', `127.0.0.1:${relay.httpPort}`, '--mode', mode, '--count',
    `${count}`, '--path', where, '--seconds', `${seconds}`, '--rate', `${rate}`, '--seed',
    `${seed}`]);
  t.after(() => child.signal('SIGKILL'));
  const done = child.exited.then(({ code }) => {
    if (code !== 0) throw new Error(`http_abuse: ${code} ${child.log}`);
    return JSON.parse(child.out.slice(child.out.indexOf('{')));
  });
  done.catch(() => {});
  return { child, done };
}

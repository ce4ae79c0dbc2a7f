// Test material, made on the spot by ffmpeg and kept under build/clips by a hash of its recipe.
// SPDX-License-Identifier: MIT
//
// Sound is noise, so that no two frames are alike and a repeated or lost one cannot hide.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './child.mjs';
import { readTs } from './ts.mjs';
import { sleep } from './http.mjs';

const DIR = path.join(ROOT, 'build', 'clips');
const CAPTURE = path.join(ROOT, '..', 'shared', 'media', 'obs-29-720p30.ts');
const LOCK_STALE_MS = 180000;

const picture = (size, rate, seconds) => ['-f', 'lavfi', '-i',
  `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
const sound = (seconds, rate = 48000, seed = 1) => ['-f', 'lavfi', '-i',
  `anoisesrc=r=${rate}:a=0.2:c=pink:seed=${seed}:d=${seconds}`];
const x264 = (gop, ...more) => ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
  '-g', `${gop}`, '-keyint_min', `${gop}`, '-sc_threshold', '0', '-threads', '2', ...more];
const aac = (...more) => ['-c:a', 'aac', '-b:a', '96k', '-ac', '2', ...more];

const plain = (seconds, rate = 25, size = '320x180') => [...picture(size, rate, seconds),
  ...sound(seconds)];
// Sound that no encoder of Debian's main makes: what one made is kept beside this file.
const kept = (file) => [...picture('320x180', 25, 6), '-i',
  path.join(ROOT, 'tests', 'flow', 'lib', 'streams', file), '-map', '0:v', '-map', '1:a',
  ...x264(25, '-b:v', '300k'), '-c:a', 'copy', '-t', '6'];
// A profile and level of H.264, or of HEVC with more of x265's own options.
const avc = (profile, level, format, ...more) => [...plain(6), '-c:v', 'libx264', '-preset',
  'ultrafast', '-pix_fmt', format, '-profile:v', profile, '-level:v', level, '-g', '50',
  '-sc_threshold', '0', '-b:v', '300k', '-threads', '2', ...more, ...aac()];
const hevc = (format, params, ...more) => [...plain(6), '-c:v', 'libx265', '-preset', 'ultrafast',
  '-pix_fmt', format, '-b:v', '300k', '-x265-params',
  `keyint=50:min-keyint=50:scenecut=0:open-gop=0:pools=1:frame-threads=1:log-level=error:${params}`,
  ...more, ...aac()];
const PQ = 'colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc';
const MASTERING = 'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)'
  + 'L(10000000,50)';

// name → arguments between "ffmpeg" and the output file. Video first, then audio.
export const RECIPES = {
  small: [...picture('320x180', 25, 8), ...sound(8), ...x264(25, '-b:v', '300k'), ...aac()],
  tiny: [...picture('192x108', 15, 6), ...sound(6), ...x264(15, '-b:v', '80k'), ...aac()],
  'h264-4k': [...picture('3840x2160', 30, 6), ...sound(6),
    ...x264(30, '-b:v', '20M', '-minrate', '20M', '-maxrate', '20M', '-bufsize', '10M', '-qmin',
      '34', '-x264-params', 'nal-hrd=cbr:force-cfr=1'), ...aac()],
  'h264-bframes-1080p': [...picture('1920x1080', 30, 6), ...sound(6),
    ...x264(60, '-b:v', '4M', '-bf', '3', '-x264-params', 'b-pyramid=normal:b-adapt=0'), ...aac()],
  hevc: [...picture('1280x720', 25, 6), ...sound(6), '-c:v', 'libx265', '-preset', 'ultrafast',
    '-pix_fmt', 'yuv420p', '-b:v', '1500k', '-x265-params',
    'keyint=50:min-keyint=50:scenecut=0:bframes=3:open-gop=0:pools=2:log-level=error', ...aac()],
  vfr: [...picture('640x360', 60, 7), ...sound(7), '-vf',
    "select='not(mod(n,2))*(gt(mod(n,37),5)+not(mod(n,3)))'", '-fps_mode', 'vfr',
    ...x264(48, '-b:v', '600k', '-bf', '2'), ...aac()],
  'audio-late': [...picture('320x180', 25, 8), '-itsoffset', '3', ...sound(5),
    ...x264(25, '-b:v', '300k'), ...aac()],
  'video-only': [...picture('320x180', 25, 7), ...x264(25, '-b:v', '300k'), '-an'],
  'audio-only': [...sound(8), ...aac(), '-vn'],
  'aac-44100': [...picture('320x180', 30, 7), ...sound(7, 44100), ...x264(30, '-b:v', '300k'),
    ...aac('-ar', '44100')],
  'aac-mono': [...picture('320x180', 30, 6), ...sound(6), ...x264(30, '-b:v', '300k'), '-c:a',
    'aac', '-b:a', '64k', '-ac', '1'],
  'two-audio-tracks': [...picture('320x180', 25, 7), ...sound(7), ...sound(7, 48000, 2),
    '-map', '0:v', '-map', '1:a', '-map', '2:a', ...x264(25, '-b:v', '300k'), ...aac(),
    '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=zho'],
  // For the doctor: long enough to be watched, and each with one thing wrong.
  'doctor-well': [...plain(45), ...x264(50, '-b:v', '400k', '-bf', '2'), ...aac()],
  'doctor-gop-10s': [...plain(25), ...x264(250, '-b:v', '100k'), ...aac()],
  'doctor-mute': [...picture('320x180', 25, 25), ...x264(50, '-b:v', '100k'), '-an'],
  'doctor-interlaced': [...plain(25), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt',
    'yuv420p', '-g', '50', '-flags', '+ildct+ilme', '-x264-params', 'tff=1', '-b:v', '200k', ...aac()],
  'obs-keyint-250': [...picture('640x360', 30, 27), ...sound(27), ...x264(250, '-b:v', '500k',
    '-bf', '2'), ...aac()],
  'audio-ac3': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'ac3', '-b:a', '192k', '-ac', '2'],
  'audio-ac3-44100': [...sound(7, 44100), '-c:a', 'ac3', '-b:a', '96k', '-ac', '2', '-vn'],
  'audio-ac3-dvb': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'ac3', '-b:a', '448k', '-ac', '6', '-mpegts_flags', 'system_b'],
  'audio-eac3': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'eac3', '-b:a', '192k', '-ac', '6'],
  'audio-eac3-dvb': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'eac3', '-b:a', '128k', '-ac', '2', '-mpegts_flags', 'system_b'],
  'audio-eac3-blocks': [...sound(7), '-c:a', 'eac3', '-b:a', '3024k', '-ac', '6', '-vn'],
  'audio-mp3': [...picture('320x180', 25, 7), ...sound(7, 44100), ...x264(25, '-b:v', '300k'),
    '-c:a', 'libmp3lame', '-b:a', '128k', '-ac', '2'],
  'audio-mp3-lsf': [...sound(7, 22050), '-c:a', 'libmp3lame', '-b:a', '64k', '-ac', '1', '-vn'],
  'audio-mp2': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'mp2', '-b:a', '192k', '-ac', '2'],
  'audio-opus': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), '-c:a',
    'libopus', '-b:a', '96k', '-ac', '2'],
  'audio-opus-51': [...sound(7), '-c:a', 'libopus', '-b:a', '256k', '-ac', '6', '-mapping_family',
    '1', '-frame_duration', '10', '-vn'],
  'audio-latm': [...picture('320x180', 25, 7), ...sound(7), ...x264(25, '-b:v', '300k'), ...aac(),
    '-mpegts_flags', 'latm'],
  'he-aac-v1': kept('he-aac-v1.adts'),
  'he-aac-v2': kept('he-aac-v2.adts'),
  'he-aac-v1-latm': kept('he-aac-v1.loas'),
  'he-aac-v2-latm': kept('he-aac-v2.loas'),
  'audio-mixed': [...picture('320x180', 25, 7), ...sound(7), ...sound(7, 48000, 2), '-map', '0:v',
    '-map', '1:a', '-map', '2:a', ...x264(25, '-b:v', '300k'), '-c:a:0', 'aac', '-b:a:0', '96k',
    '-ac:a:0', '2', '-c:a:1', 'ac3', '-b:a:1', '192k', '-ac:a:1', '2', '-metadata:s:a:0',
    'language=eng', '-metadata:s:a:1', 'language=eng'],
  'avc-baseline-30': avc('baseline', '3.0', 'yuv420p'),
  'avc-main-40': avc('main', '4.0', 'yuv420p', '-bf', '2'),
  'avc-high-52': avc('high', '5.2', 'yuv420p', '-bf', '2', '-x264-params', '8x8dct=1'),
  'avc-high10-42': avc('high10', '4.2', 'yuv420p10le', '-bf', '2', '-x264-params', '8x8dct=1'),
  'avc-high422-51': avc('high422', '5.1', 'yuv422p10le', '-bf', '2'),
  'avc-hlg': avc('high10', '4.0', 'yuv420p10le', '-x264-params',
    'colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc'),
  'hevc-main-31': hevc('yuv420p', 'level-idc=3.1:bframes=3'),
  'hevc-main-high-tier-51': hevc('yuv420p', 'level-idc=5.1:high-tier=1:vbv-maxrate=100000:'
    + 'vbv-bufsize=100000'),
  'hevc-main10-40': hevc('yuv420p10le', 'level-idc=4.0:no-high-tier=1:bframes=2:colorprim=bt709:'
    + 'transfer=bt709:colormatrix=bt709'),
  'hevc-pq-hdr10': hevc('yuv420p10le', `level-idc=5.0:no-high-tier=1:hdr10=1:${PQ}:${MASTERING}:`
    + 'max-cll=1000,400'),
  'hevc-hlg': hevc('yuv420p10le', 'level-idc=5.1:no-high-tier=1:colorprim=bt2020:'
    + 'transfer=arib-std-b67:colormatrix=bt2020nc'),
  av1: [...plain(6, 15, '192x108'), '-c:v', 'libsvtav1', '-preset', '12', '-g', '15', ...aac()],
  languages: [...picture('320x180', 25, 40), ...sound(40), ...sound(40, 48000, 2), '-map', '0:v',
    '-map', '1:a', '-map', '2:a', ...x264(25, '-b:v', '500k'), ...aac(), '-metadata:s:a:0',
    'language=eng', '-metadata:s:a:1', 'language=zho'],
  longer: [...picture('320x180', 25, 40), ...sound(40), ...x264(25, '-b:v', '500k'), ...aac()],
  other: [...picture('320x180', 25, 24), ...sound(24, 48000, 3), '-vf', 'hue=s=0',
    ...x264(50, '-b:v', '400k'), ...aac()],
  long: [...picture('320x180', 25, 24), ...sound(24), ...x264(25, '-b:v', '500k'), ...aac()],
};

const exists = (file) => existsSync(file) && statSync(file).size > 0;
const hash = (args) => createHash('sha1').update(JSON.stringify(args)).digest('hex').slice(0, 10);

// One maker at a time; the others wait for its file.
async function once(file, make) {
  const lock = `${file}.making`;
  while (!exists(file)) {
    try { mkdirSync(lock); } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) {
        rmSync(lock, { recursive: true, force: true });
      }
      await sleep(200);
      continue;
    }
    try {
      const draft = `${file}.${process.pid}`;
      await make(draft);
      renameSync(draft, file);
    } finally { rmSync(lock, { recursive: true, force: true }); }
  }
  return file;
}

async function ffmpeg(args, limitMs = 180000) {
  const r = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...args],
    { limitMs });
  if (r.code !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${r.log}`);
}

// The arguments that a publisher gives ffmpeg between input and output; push.mjs uses the same.
export const COPY = ['-map', '0', '-c', 'copy', '-f', 'mpegts'];

// → {name, file, sent: what ffmpeg -c copy makes of it (readTs), seconds}
export async function clip(name) {
  mkdirSync(DIR, { recursive: true });
  const recipe = RECIPES[name];
  const file = path.join(DIR, `${name}-${hash(recipe)}.ts`);
  await once(file, (draft) => ffmpeg([...recipe, '-f', 'mpegts', draft]));
  return describe(name, file);
}

// A clip made of another one by make() → bytes; `recipe` is what its name is hashed of.
export async function derived(name, base, make, recipe) {
  const key = hash([base.file, String(make), ...recipe.map(String)]);
  const file = path.join(DIR, `${name}-${key}.ts`);
  await once(file, async (draft) => writeFileSync(draft, make()));
  return describe(name, file);
}

// The capture of a real OBS, or null where it is not beside the checkout.
export const hasCapture = () => existsSync(CAPTURE);
export function capture() {
  mkdirSync(DIR, { recursive: true });
  return describe('obs-capture', CAPTURE);
}

// Copying repacks PES packets and moves timestamps by a constant: take the copy for the truth.
async function describe(name, file) {
  const copy = path.join(DIR, `${path.basename(file, '.ts')}.sent-${hash(COPY)}.ts`);
  await once(copy, (draft) => ffmpeg(['-i', file, ...COPY, draft]));
  const sent = readTs(readFileSync(copy));
  const dts = sent.streams.flatMap((s) => [s.aus[0].dts, s.aus.at(-1).dts]);
  return { name, file, copy, sent, seconds: (Math.max(...dts) - Math.min(...dts)) / 90000 };
}

// A made-up origin for /live/: rooms that fail on command, answered inside the browser.
// SPDX-License-Identifier: MIT
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../flow/lib/child.mjs';
import { scratch } from '../../flow/lib/relay.mjs';

const SEGMENT_S = 1;
const WINDOW = 8;
const CLIP_S = 45;

// One-second fMP4 segments, video and sound apart. → {video: [Buffer], audio, videoInit, audioInit}
export async function makeSegments(t) {
  const dir = scratch(t);
  const r = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error',
    '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${CLIP_S}`,
    '-f', 'lavfi', '-i', `sine=frequency=300:sample_rate=48000:duration=${CLIP_S}`,
    '-map', '0:v', '-map', '1:a', '-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '2',
    '-pix_fmt', 'yuv420p', '-g', '25', '-sc_threshold', '0', '-b:v', '300k', '-c:a', 'aac',
    '-f', 'hls', '-hls_time', `${SEGMENT_S}`, '-hls_list_size', '0', '-hls_segment_type', 'fmp4',
    '-var_stream_map', 'v:0 a:0', '-hls_fmp4_init_filename', 'init.mp4',
    '-hls_segment_filename', path.join(dir, '%v-%03d.m4s'), path.join(dir, '%v.m3u8')],
  { limitMs: 90000 });
  if (r.code !== 0) throw new Error(`ffmpeg: ${r.log}`);
  const files = (n) => readdirSync(dir).filter((f) => f.startsWith(`${n}-`)).sort()
    .map((f) => readFileSync(path.join(dir, f)));
  const init = (n) => readFileSync(path.join(dir, `init_${n}.mp4`));
  return { video: files(0), audio: files(1), videoInit: init(0), audioInit: init(1) };
}

// One room, as the relay would show it. Everything in the constructor's second half may be changed
// while a page plays it.
export class MadeUpRoom {
  constructor(name, segments, first = 100) {
    Object.assign(this, { name, segments, seq: first, list: [], next: 0 });
    this.state = 'live';      // what status.json says; 'missing': 404 for everything
    this.network = true;      // false: connections break
    this.sound = true;        // false: no audio rendition
    this.garbage = 0;         // so many of the video segments asked for next are not media
    this.sending = true;      // false: the playlist stands still
    this.discontinuities = 0;
    this.video = 'avc1.42c015';
    for (let i = 0; i < 6; i++) this.grow();
    this.timer = setInterval(() => this.sending && this.grow(), SEGMENT_S * 1000);
    this.timer.unref();
  }

  grow() {
    if (this.next >= this.segments.video.length) return;
    const cut = this.cut && this.list.length > 0;
    this.cut = false;
    this.list.push({ seq: this.seq++, at: this.next++, cut });
    if (this.list.length > WINDOW && this.list.shift().cut) this.discontinuities++;
  }

  // The publisher connects anew: its timestamps start again.
  reconnect() {
    this.sending = true;
    this.next = 0;
    this.cut = true;
  }

  // The relay was restarted: another list, other numbers.
  restart(first) {
    Object.assign(this, { list: [], seq: first, discontinuities: 0 });
    this.reconnect();
    for (let i = 0; i < 6; i++) this.grow();
  }

  status() {
    const { name, state } = this;
    const audio = this.sound ? [{ codec: 'mp4a.40.2', channels: 1, sample_rate: 48000 }] : [];
    return { room: name, title: 'A made-up room', state, since: new Date().toISOString(),
      video: { codec: this.video, width: 320, height: 180, fps: 25, bitrate_bps: 300000 }, audio,
      target_duration_s: 1, segments: this.list.length, message: { en: '', zh: '' } };
  }

  multivariant() {
    const media = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Sound",DEFAULT=YES,'
      + 'AUTOSELECT=YES,URI="audio.m3u8"\n';
    const codecs = this.sound ? `${this.video},mp4a.40.2` : this.video;
    return `#EXTM3U\n#EXT-X-VERSION:6\n${this.sound ? media : ''}#EXT-X-STREAM-INF:`
      + `BANDWIDTH=${400000 + this.seq},RESOLUTION=320x180,CODECS="${codecs}"`
      + `${this.sound ? ',AUDIO="a"' : ''}\nvideo.m3u8\n`;
  }

  playlist(kind) {
    const lines = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-TARGETDURATION:1',
      `#EXT-X-MEDIA-SEQUENCE:${this.list[0].seq}`,
      `#EXT-X-DISCONTINUITY-SEQUENCE:${this.discontinuities}`, `#EXT-X-MAP:URI="${kind}/init.mp4"`];
    for (const { seq, at, cut } of this.list) {
      if (cut) lines.push('#EXT-X-DISCONTINUITY');
      lines.push('#EXTINF:1.000,', `${kind}/${seq}-${at}.m4s`);
    }
    if (this.state === 'ended') lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }

  segment(kind, file) {
    if (file === 'init.mp4') return this.segments[`${kind}Init`];
    const at = Number(/-(\d+)\.m4s$/.exec(file)?.[1]);
    if (kind !== 'video' || this.garbage <= 0) return this.segments[kind][at];
    this.garbage--;
    return Buffer.alloc(2000, 0x5a);
  }

  answer(tail) {
    if (tail === 'status.json') return { json: this.status() };
    const m3u8 = { contentType: 'application/vnd.apple.mpegurl' };
    if (tail === 'index.m3u8') return { ...m3u8, body: this.multivariant() };
    const list = /^(video|audio)\.m3u8$/.exec(tail);
    if (list) return { ...m3u8, body: this.playlist(list[1]) };
    const [, kind, file] = /^(video|audio)\/(.*)$/.exec(tail) ?? [];
    const body = kind && this.segment(kind, file);
    return body ? { contentType: `${kind}/mp4`, body } : { status: 404, body: '' };
  }

  // Answers this room's requests of page from now on.
  show(page) {
    const base = `/live/${this.name}/`;
    return page.route((url) => url.pathname.startsWith(base), (route) => {
      if (!this.network) return route.abort('connectionrefused');
      if (this.state === 'missing') return route.fulfill({ status: 404, body: '' });
      const answer = this.answer(new URL(route.request().url()).pathname.slice(base.length));
      return route.fulfill({ ...answer, headers: { Date: new Date().toUTCString() } });
    });
  }
}

// 1x1, grey.
export const JPEG = Buffer.from('/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJ'
  + 'DRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/'
  + '2gAIAQEAAD8AVN//2Q==', 'base64');

const NAMES = ['Main Stage', '主舞台', 'Aurora Hall', '数码新品发布', 'Kitchen Theatre',
  'Night Market', '云南普洱茶专场', 'Design Week', 'Robotics Arena', '丝绸之路美食节', 'Jazz Garden',
  'Hanfu Show', 'Fish Market', 'Trade Desk EU', 'Ceramics Studio', '夜间集市', 'Indie Games',
  'Mountain Cam', 'Press Room', '深圳电子城', 'Tea House', 'Street Food', 'Runway', 'Closing Concert'];
const SIZES = [[1920, 1080, 60, 6.1e6], [1280, 720, 30, 1.1e6], [3840, 2160, 30, 21e6],
  [1920, 1080, 25, 4.5e6], [1080, 1920, 30, 2.6e6]];

// What /live/rooms.json says of n rooms: one in eleven waits, one in seventeen has ended.
export function madeUpRooms(n, now = Date.now()) {
  return Array.from({ length: n }, (_, i) => {
    const [width, height, fps, bitrate] = SIZES[i % SIZES.length];
    const name = `room-${String(i).padStart(3, '0')}`;
    const more = i < NAMES.length ? '' : ` ${Math.floor(i / NAMES.length) + 1}`;
    const state = i % 17 === 16 ? 'ended' : i % 11 === 9 ? 'waiting' : 'live';
    return { name, title: NAMES[i % NAMES.length] + more, state, width, height, fps,
      since: new Date(now - ((i * 37) % 290 + 2) * 60000).toISOString(), bitrate_bps: bitrate,
      codec: i % 15 === 2 ? 'hvc1.1.6.L153.B0' : 'avc1.640028', url: `/watch/${name}` };
  });
}

// Answers rooms.json of page with what rooms() gives, and 304 while that stays the same; .asked
// counts.
export async function showRooms(page, rooms) {
  const count = { asked: 0, unchanged: 0 };
  await page.route('**/live/rooms.json', async (route) => {
    const body = JSON.stringify({ rooms: rooms(), generated: '2026-11-22T21:18:03.000Z' });
    const etag = `"${body.length}"`;
    count.asked++;
    const same = (await route.request().allHeaders())['if-none-match'] === etag;
    if (same) count.unchanged++;
    await route.fulfill(same ? { status: 304, headers: { ETag: etag } }
      : { status: 200, headers: { ETag: etag,
        'Content-Type': 'application/json', Date: new Date().toUTCString() }, body });
  });
  return count;
}

// The real OBS, configured as its dialogs would, drawing into an X server that nobody sees.
// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child, freePort } from '../flow/lib/child.mjs';
import { sleep, until } from '../flow/lib/http.mjs';
import { scratch } from '../flow/lib/relay.mjs';
import { ObsSocket } from './obs_socket.mjs';

const ini = (sections) => Object.entries(sections).map(([name, keys]) => `[${name}]\n${
  Object.entries(keys).map(([k, v]) => `${k}=${v}\n`).join('')}`).join('\n');

// Software GL is what limits OBS here: a small canvas, scaled up by the encoder.
const CANVAS = { width: 640, height: 360 };

// The settings dialog, tab by tab. mode 'Simple' leaves everything at what a new user has.
function profile({ mode, width, height, fps, bitrate }) {
  const simple = mode === 'Simple';
  return ini({
    General: { Name: 'relay' },
    Video: { BaseCX: CANVAS.width, BaseCY: CANVAS.height, FPSType: 0, FPSCommon: fps,
      OutputCX: simple ? width : CANVAS.width, OutputCY: simple ? height : CANVAS.height },
    Audio: { SampleRate: 48000, ChannelSetup: 'Stereo' },
    Output: { Mode: mode, Reconnect: true, RetryDelay: 2, MaxRetries: 25 },
    SimpleOutput: { StreamEncoder: 'x264', VBitrate: bitrate, ABitrate: 160, UseAdvanced: true,
      Preset: 'ultrafast' },
    AdvOut: { Encoder: 'obs_x264', TrackIndex: 1, ApplyServiceSettings: false, Rescale: true,
      RescaleRes: `${width}x${height}`, Track1Bitrate: 160 },
  });
}

const globalSettings = (port) => ini({
  General: { FirstRun: true, LastVersion: 486539266, InfoIncrement: 99, EnableAutoUpdates: false,
    'Pre19Defaults': false, 'Pre21Defaults': false, 'Pre23Defaults': false,
    'Pre24.1Defaults': false },
  Basic: { Profile: 'relay', ProfileDir: 'relay', SceneCollection: 'relay',
    SceneCollectionFile: 'relay', ConfigOnNewProfile: true },
  BasicWindow: { PreviewEnabled: false, SysTrayEnabled: false, WarnBeforeStartingStream: false,
    WarnBeforeStoppingStream: false },
  OBSWebSocket: { FirstLoad: false, ServerEnabled: true, ServerPort: port, AlertsEnabled: false,
    AuthRequired: false, ServerPassword: 'unused' },
});

// One scene with a moving test picture and a tone, made by OBS's own media source.
function scenes(fps) {
  const media = `testsrc2=size=${CANVAS.width}x${CANVAS.height}:rate=${fps}[out0];`
    + 'sine=frequency=500:beep_factor=4:sample_rate=48000[out1]';
  const item = { name: 'Picture', id: 1, visible: true, pos: { x: 0, y: 0 }, rot: 0,
    scale: { x: 1, y: 1 }, align: 5, bounds_type: 0 };
  return JSON.stringify({ name: 'relay', current_scene: 'Scene', current_program_scene: 'Scene',
    scene_order: [{ name: 'Scene' }], sources: [
      { id: 'scene', name: 'Scene', settings: { id_counter: 1, items: [item] } },
      { id: 'ffmpeg_source', name: 'Picture', mixers: 255, volume: 1, settings: {
        is_local_file: false, input: media, input_format: 'lavfi', buffering_mb: 0,
        hw_decode: false, close_when_inactive: false, restart_on_activate: false } }] });
}

function writeSettings(home, port, options) {
  const basic = path.join(home, 'obs-studio', 'basic');
  const own = path.join(basic, 'profiles', 'relay');
  mkdirSync(own, { recursive: true });
  mkdirSync(path.join(basic, 'scenes'), { recursive: true });
  mkdirSync(path.join(home, 'run'), { mode: 0o700 });
  writeFileSync(path.join(home, 'obs-studio', 'global.ini'), globalSettings(port));
  writeFileSync(path.join(own, 'basic.ini'), profile(options));
  writeFileSync(path.join(own, 'service.json'), JSON.stringify({ type: 'rtmp_custom',
    settings: { server: options.server, key: options.streamKey, use_auth: false } }));
  writeFileSync(path.join(own, 'streamEncoder.json'), JSON.stringify({ rate_control: 'CBR',
    bitrate: options.bitrate, keyint_sec: options.keyintSeconds, preset: 'ultrafast',
    profile: 'high', x264opts: options.x264 ?? '' }));
  writeFileSync(path.join(basic, 'scenes', 'relay.json'), scenes(options.fps));
}

async function startDisplay(t) {
  const x = new Child('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp']);
  t.after(async () => { x.signal('SIGTERM'); await x.wait(5000).catch(() => x.signal('SIGKILL')); });
  await until(`Xvfb to name its display ${x.log}`, 15000, () => x.out.includes('\n'));
  return `:${x.out.trim()}`;
}

// options: server, streamKey, mode, width, height, fps, bitrate (kb/s), keyintSeconds, x264.
// → {control: ObsSocket, log()}; OBS is not streaming yet.
export async function startObs(t, options) {
  const all = { mode: 'Advanced', width: 1280, height: 720, fps: 30, bitrate: 2500,
    keyintSeconds: 2, ...options };
  const home = scratch(t);
  const port = await freePort();
  writeSettings(home, port, all);
  const display = await startDisplay(t);
  const obs = new Child('obs', ['--multi', '--profile', 'relay', '--collection', 'relay', '--scene',
    'Scene', '--minimize-to-tray', '--disable-updater', '--disable-missing-files-check'], { env: {
    HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: path.join(home, 'run'), DISPLAY: display,
    LIBGL_ALWAYS_SOFTWARE: '1', LP_NUM_THREADS: '1', QT_QPA_PLATFORM: 'xcb', LC_ALL: 'C.UTF-8' } });
  t.after(async () => {
    obs.signal('SIGINT');
    // It ignores signals while one of its dialogs is up.
    await obs.wait(5000).catch(() => obs.signal('SIGKILL'));
    await obs.exited;
  });
  const said = () => (obs.out + obs.log).slice(-3000);
  const control = await until('OBS to answer its remote control', 60000, () => {
    if (obs.status) throw new Error(`OBS ended (${JSON.stringify(obs.status)}): ${said()}`);
    return ObsSocket.connect(port).catch(() => null);
  }, 500);
  t.after(() => control.close());
  // The control answers before the scene is up; a stream started then fails.
  await until('OBS to render', 30000, () => control.request('GetStats')
    .then((s) => s.activeFps > all.fps / 2).catch(() => false), 500);
  await sleep(500);
  return { control, log: said };
}

// The ingest doctor: four feeds, three of them with something wrong, and then a bad line.
// SPDX-License-Identifier: MIT
//
// EXPECTED: within ten seconds each fault is found, said in both languages with what to set in OBS,
// in status.json, the API, the metrics and once in the log; a feed that is well stays green until
// its line loses packets.
import assert from 'node:assert/strict';
import { clip } from './lib/clips.mjs';
import { get, until } from './lib/http.mjs';
import { dropPackets, testInNamespace } from './lib/namespace.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const FOUND_MS = 12000;
const TRUE_MS = 20000;
const LOSS_MS = 25000;

const json = async (url) => {
  const r = await get(url);
  return r.status === 200 ? JSON.parse(r.body.toString()) : null;
};

async function health(relay, room) {
  return (await json(`${relay.base}/live/${room}/status.json`))?.health;
}

// → the finding, when the room has it.
function finding(relay, room, id, severity, limitMs = FOUND_MS) {
  return until(`${severity} ${id} in ${room}`, limitMs, async () => (
    (await health(relay, room))?.findings.find((f) => f.id === id && f.severity === severity)));
}

await testInNamespace('the doctor', import.meta.url, async (t) => {
  const relay = await startRelay(t);
  const rooms = { well: 'doctor-well', slow: 'doctor-gop-10s', mute: 'doctor-mute',
    lace: 'doctor-interlaced' };
  for (const name of Object.values(rooms)) await clip(name);
  for (const [room, name] of Object.entries(rooms)) {
    pushFfmpeg(t, relay, { room, clip: await clip(name) });
  }

  const laced = await finding(relay, 'lace', 'interlaced', 'amber');
  assert.match(laced.text.en, /Deinterlacing/);
  const mute = await finding(relay, 'mute', 'no_audio', 'amber');
  assert.match(mute.text.zh, /音轨/);
  const slow = await finding(relay, 'slow', 'keyframe_interval', 'red');
  assert.match(slow.text.en, /Keyframes are \d+\.\d s apart.*Keyframe Interval to 2 s\./);
  assert.match(slow.text.zh, /关键帧相隔 \d+\.\d 秒.*“关键帧间隔”设为 2 秒。/);
  const opened = (await json(`${relay.base}/api/v1/rooms/slow`)).feed.opened;
  assert.ok(new Date(slow.since) - new Date(opened) <= 10000, `${slow.since}, ${opened}`);

  await until('all to be watched for ten seconds', FOUND_MS, async () => {
    const all = await Promise.all(Object.keys(rooms).map((r) => health(relay, r)));
    return all.every((h) => h.checked);
  });
  assert.deepEqual(await health(relay, 'well'), { light: 'green', checked: true, findings: [] });
  const api = (await json(`${relay.base}/api/v1/rooms/mute`)).health;
  assert.deepEqual(api.findings, [mute], 'the API says the same');
  assert.equal(api.light, 'amber');
  const text = await until('the true distance', TRUE_MS, async () => {
    const f = (await health(relay, 'slow')).findings;
    return f.length === 1 && f[0].text.en.startsWith('Keyframes are 10.0 s apart') && f[0].text.en;
  });
  const series = await relay.metrics();
  const lit = (light) => series.get(`roomcast_rooms_health{light="${light}"}`);
  assert.deepEqual([lit('green'), lit('amber'), lit('red')], [1, 2, 1]);
  assert.equal(series.get('roomcast_room_findings{room="slow",severity="red"}'), 1);
  assert.equal(series.get('roomcast_room_findings{room="well",severity="red"}'), 0);
  const said = relay.lines(/unhealthy/);
  assert.equal(said.filter((l) => l.includes('room/slow')).length, 1, said.join('\n'));
  assert.equal(said.length, 3, said.join('\n'));
  t.diagnostic(text);

  const endLoss = await dropPackets(relay.srtPort, 'numgen random mod 100 < 6');
  const loss = await finding(relay, 'well', 'loss', 'amber', LOSS_MS);
  assert.match(loss.text.en, /^\d+\.\d % of the packets are lost/);
  await endLoss();
  const { light, findings } = await health(relay, 'well');
  assert.deepEqual([light, findings.map((f) => f.id)], ['amber', ['loss']], 'all came again');
});

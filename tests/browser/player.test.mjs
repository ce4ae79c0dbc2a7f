// EXPECTED: with the keyboard alone a viewer chooses quality and language, goes back and goes live,
// and finds the list of keys; a finger does the same on a phone; the link and the code that are
// shared lead back to the room; every state is said in words, in both languages; no control lacks a
// name, no text its contrast; all scripts together stay small.
// runs alone
// SPDX-License-Identifier: MIT
import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Child, run } from '../flow/lib/child.mjs';
import { clip } from '../flow/lib/clips.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg, srtUrl } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { accessFaults, tabThrough } from './lib/accessible.mjs';
import { PHONE, openBrowser, openPage, overflow, stats, waitForState, waitForStats }
  from './lib/chromium.mjs';

const SECONDS = 75;
const SCRIPT_BYTES = 250000;

// One picture in two sizes and two languages of sound, with one clock: what an encoder pushes.
async function twoSizes(file) {
  const x264 = (bits) => ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
    '-sc_threshold', '0', '-threads', '1', '-g', '25', '-keyint_min', '25', '-b:v', bits];
  const out = ['-c:a', 'aac', '-b:a', '64k', '-muxdelay', '0.1', '-f', 'mpegts'];
  const noise = (seed) => ['-f', 'lavfi', '-i', `anoisesrc=r=48000:a=0.2:seed=${seed}:d=${SECONDS}`];
  const made = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${SECONDS}`, ...noise(1),
    ...noise(2), '-map', '0:v', '-map', '1:a', '-map', '2:a', ...x264('200k'),
    '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=zho', ...out, `${file}-main.ts`,
    '-map', '0:v', '-map', '1:a', '-s', '160x90', ...x264('80k'), ...out, `${file}-role.ts`],
  { limitMs: 60000 });
  assert.equal(made.code, 0, made.log);
}

function pushBoth(t, relay, file) {
  const ts = ['-c', 'copy', '-copyts', '-muxdelay', '0.1', '-f', 'mpegts'];
  const child = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-copyts',
    '-re', '-i', `${file}-main.ts`, '-re', '-i', `${file}-role.ts`, '-map', '0', ...ts,
    srtUrl(relay, { room: 'hall' }), '-map', '1', ...ts,
    srtUrl(relay, { streamId: '#!::r=hall,m=publish,role=90p' })]);
  t.after(() => child.signal('SIGKILL'));
}

const choose = async (page, what, words) => {
  await page.focus('.gear');
  await page.keyboard.press('Enter');
  const radio = page.locator(`.menu input[name=${what}]`);
  await radio.and(page.locator(':checked')).focus();
  for (let i = 0; i < 4; i++) {
    const at = await page.evaluate(() => document.activeElement.closest('label').textContent);
    if (words.test(at)) break;
    await page.keyboard.press('ArrowDown');
  }
  assert.match(await page.textContent(`.menu label:has([name=${what}]:checked)`), words);
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('.menu'));
  assert.ok(await page.evaluate(() => document.activeElement.matches('.gear')), 'the focus is back');
};

test('by keyboard', { timeout: 150000 }, async (t) => {
  const file = path.join(scratch(t), 'both');
  await twoSizes(file);
  const relay = await startRelay(t, { set: ['hls.window=2m'] });
  pushBoth(t, relay, file);
  const page = await openPage(await openBrowser(t));
  await until('the smaller picture to join', 40000, async () => {
    const reply = await get(`${relay.base}/live/hall/status.json`);
    return reply.status === 200 && JSON.parse(reply.body).roles[0]?.state === 'joined';
  });
  const asked = [];
  page.on('request', (r) => asked.push(new URL(r.url()).pathname));
  await page.goto(`${relay.base}/watch/hall`);
  await waitForState(page, 'playing', 30000);

  // Every control in an order that follows the page, each with a name, all text with contrast.
  const wanted = ['Roomcast, all rooms', 'All rooms', 'Turn the sound on', 'Position in the broadcast',
    'Pause', 'Unmute', 'Volume', /live edge$/, 'Settings', 'Full screen', 'Share', 'Copy link'];
  let order = [];
  await until('every control in its order', 60000, async () => {
    order = await tabThrough(page); // while the picture stands still some are not there
    const at = wanted.map((name) => order.findIndex((n) => (name.test ? name.test(n) : n === name)));
    return at.every((n, i) => n >= 0 && (i === 0 || n > at[i - 1]));
  }).catch((e) => { throw new Error(`${e.message}: ${order.join(', ')}`); });
  assert.deepEqual(await accessFaults(page), []);

  // Quality: what is shown has another size, and automatic may go back.
  await choose(page, 'quality', /^90p$/);
  await waitForStats(page, 'the small picture', 30000, (s) => s.height === 90);
  await choose(page, 'quality', /^180p$/);
  await waitForStats(page, 'the large picture', 30000, (s) => s.height === 180);
  await choose(page, 'quality', /^Automatic/);

  // Language: the other track's media is fetched, and no more of the first one's.
  const sound = () => asked.filter((p) => /\/audio[^/]*\/.*\.m4s|\/audio[^/]*\.m4s/.test(p))
    .map((p) => /\/(audio[^/.]*)/.exec(p)[1]);
  await until('sound', 20000, () => sound().length > 0);
  const first = sound().at(-1);
  await choose(page, 'audio', /^Chinese$/);
  await until('the other sound', 30000, () => sound().at(-1) !== first);
  await choose(page, 'audio', /^English$/);
  await until('the first sound again', 30000, () => sound().at(-1) === first);

  // Back by keys and by the bar, and to the live edge again.
  await waitForStats(page, 'something to go back to', 30000, (s) => s.state === 'playing');
  await until('a window', 40000, async () => Number(await page.getAttribute('.scrub', 'min')) < -24);
  const live = await stats(page);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const back = await waitForStats(page, '10 s back', 10000,
    (s) => s.state === 'playing' && s.latency > live.latency + 7);
  await until('the bar to say so', 10000, async () => /^0:\d\d behind live, \d\d:\d\d/.test(
    await page.getAttribute('.scrub', 'aria-valuetext'))
    && /Go live/.test(await page.textContent('.golive')));
  await page.keyboard.press('ArrowRight');
  await waitForStats(page, '5 s on', 10000, (s) => s.latency < back.latency - 3);
  const box = await page.locator('.scrub').boundingBox();
  await page.mouse.click(box.x + box.width * 0.1, box.y + box.height / 2);
  await waitForStats(page, 'nearly the oldest picture', 15000,
    (s) => s.state === 'playing' && s.latency > 17 && s.latency < 130);
  const there = await stats(page);
  await waitForStats(page, 'to play on from there', 10000,
    (s) => s.currentTime > there.currentTime + 1 && s.latency > 17);
  await page.keyboard.press('End');
  await waitForStats(page, 'live again', 15000, (s) => s.state === 'playing' && s.latency < 6);

  await page.keyboard.press('m');
  assert.equal((await stats(page)).muted, false);
  await page.focus('.golive');
  await page.keyboard.press('k');
  await waitForState(page, 'paused');
  await page.keyboard.press('k');
  await waitForState(page, 'playing');
  await page.keyboard.press('f');
  await until('the full screen', 5000, () => page.evaluate(() => !!document.fullscreenElement));
  await page.keyboard.press('f');
  await until('the page', 5000, () => page.evaluate(() => !document.fullscreenElement));
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  assert.match(await page.textContent('#help'), /SpaceKPlay, pause/);
  assert.deepEqual(await accessFaults(page), []);
  await page.keyboard.press('m'); // keys wait while a sheet is open
  assert.equal((await stats(page)).muted, false);
  await page.keyboard.press('Escape');
  await page.waitForSelector('#help', { state: 'detached' });

  // The link, as text and as a code that a camera reads.
  await page.click('#share');
  await page.waitForSelector('.share-code svg path');
  assert.deepEqual(await accessFaults(page), []);
  const link = `${relay.base}/watch/hall`;
  assert.equal(await page.textContent('#share-link code'), link);
  assert.match(await page.textContent('#share-embed code'), /<iframe src="[^"]*\/embed\/hall"/);
  const shot = path.join(scratch(t), 'code.png');
  await page.locator('.share-code svg').screenshot({ path: shot });
  const read = await run('zbarimg', ['-q', '--raw', shot]);
  assert.equal(read.out.trim(), link, read.log);

  // All that the page has ever loaded, sent as browsers get it.
  const scripts = [...new Set(asked.filter((p) => p.endsWith('.js')))];
  let bytes = 0;
  for (const address of scripts) {
    const r = await get(relay.base + address, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(r.headers['content-encoding'] ?? 'small', r.body.length < 256 ? 'small' : 'gzip');
    bytes += Math.max(r.body.length, r.headers['content-encoding'] ? 0 : gzipSync(r.body).length);
  }
  t.diagnostic(`${scripts.length} scripts, ${bytes} bytes`);
  assert.ok(scripts.length > 15 && bytes > 100000 && bytes <= SCRIPT_BYTES, `${bytes} bytes`);
  assert.deepEqual(page.faults, []);
});

test('by touch, in Chinese; a signal that stops', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t);
  const push = pushFfmpeg(t, relay, { room: 'tea', clip: await clip('long'), loop: 3 });
  const page = await openPage(await openBrowser(t), { size: PHONE, locale: 'zh-CN' });
  await page.goto(`${relay.base}/watch/tea`);
  await waitForState(page, 'playing', 60000);
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  assert.ok(await overflow(page) <= 0, 'wider than the phone');
  assert.deepEqual(await accessFaults(page), []);

  const box = await page.locator('.picture').first().boundingBox();
  const tap = (x) => page.touchscreen.tap(box.x + box.width * x, box.y + box.height * 0.45);
  const isIdle = () => page.$eval('.stage', (e) => e.classList.contains('idle'));
  // What is hidden cannot be pressed: a tap brings the controls, and they stay for three seconds.
  const press = (selector) => until(`a press on ${selector}`, 30000, async () => {
    if (await isIdle()) await tap(0.5);
    await sleep(400); // two taps at once would be a gesture
    return !await isIdle() && page.locator(selector).tap({ timeout: 1500 }).then(() => true, () => false);
  });
  await until('the controls to go by themselves', 15000, isIdle);
  await tap(0.5);
  await sleep(400);
  assert.ok(!await isIdle(), 'the controls came and went');
  await waitForStats(page, 'something to go back to', 30000, (s) => s.currentTime > 8);
  const live = await stats(page);
  // A busy machine may bring two taps too late for one gesture.
  await until('two taps to go back', 30000, async () => {
    await Promise.all([tap(0.15), tap(0.15)]);
    return /后退 10 秒/.test(await page.textContent('.toast'));
  });
  await waitForStats(page, '10 s back', 10000,
    (s) => s.latency > Math.min(live.latency + 3, 8)); // the window is no longer than that
  await press('.golive');
  await waitForStats(page, 'live again', 15000, (s) => s.latency < 6 && s.state === 'playing');
  await press('.gear');
  assert.match(await page.textContent('.menu'), /清晰度180p（原画）/);
  assert.deepEqual(await accessFaults(page), []);
  await page.locator('#keys').tap();
  await page.waitForSelector('#help[open]');
  assert.ok(await overflow(page) <= 0, 'the help is wider than the phone');
  await page.locator('#help .close').tap();

  push.signal('SIGSTOP');
  await page.waitForSelector('.stage[data-scene=silent]', { timeout: 30000 });
  assert.equal(await page.textContent('.scene-title'), '信号中断');
  assert.deepEqual(page.faults, []);
});

// What the relay says → what viewers read.
const answer = (state, more = {}) => ({ json: { room: 'hall', title: 'Hall', state, segments: 0,
  since: new Date().toISOString(), video: null, audio: [], target_duration_s: 2, silent: false,
  part_target_ms: 500, message: { en: '-', zh: '-' }, ...more } });
const SAID = [
  ['hall', { status: 404, body: '' }, /^Not started yet$/, /^直播尚未开始$/, /“hall”/],
  ['hall', answer('waiting'), /^About to start$/, /^直播即将开始$/],
  ['hall', answer('waiting', { segments: 7 }), /^The host will be right back$/, /^主播马上回来$/],
  ['hall', answer('ended', { segments: 7 }), /^The broadcast has ended$/, /^直播已结束$/],
  ['hall', { status: 403, body: '' }, /^This room is locked$/, /^直播间已加锁$/, /“hall”/],
  ['~1~k~1~hall~~x/hall', { status: 403, body: '' }, /^This link is not valid$/, /^链接无效$/],
  ['hall', { status: 429, body: '' }, /^Too many tries$/, /^尝试次数过多$/],
  ['hall', null, /^Connection lost$/, /^连接中断$/],
];

test('every state in words', { timeout: 90000 }, async (t) => {
  const relay = await startRelay(t);
  const browser = await openBrowser(t);
  for (const locale of ['en-US', 'zh-CN']) {
    const page = await openPage(browser, { size: PHONE, locale });
    let reply = null;
    await page.route('**/status.json', (r) => (reply ? r.fulfill(reply) : r.abort()));
    for (const [room, said, en, zh, more] of SAID) {
      reply = said;
      await page.goto(`${relay.base}/watch/${room}`);
      const words = locale === 'zh-CN' ? zh : en;
      await until(`${words}`, 10000, async () => words.test(await page.textContent('.scene-title')));
      const text = await page.textContent('.scene-text');
      assert.match(text, locale === 'zh-CN' ? /[\u4e00-\u9fff].*[。！]$/ : /[a-z].*\.$/);
      assert.match(text, more ?? /./);
      assert.doesNotMatch(text, /[{}]|undefined/);
      assert.ok(await overflow(page) <= 0, 'wider than the window');
      const inView = await page.$eval('.scene', (e) => {
        const [a, b] = [e, e.closest('.stage')].map((one) => one.getBoundingClientRect());
        return a.top >= b.top && a.bottom <= b.bottom;
      });
      assert.ok(inView, `${words} is cut off`);
    }
    assert.deepEqual(await accessFaults(page), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

/* Every word the pages show, in English and Chinese, and how numbers are written in each. */
/* SPDX-License-Identifier: MIT */

import { relayNow } from "./clock.js";

export const WORDS = {
  en: {
    "brand.home": "Roomcast, all rooms",
    "wall.title": "Live rooms",
    "wall.search": "Find a room",
    "wall.show": "Which rooms to show",
    "wall.all": "All",
    "wall.live": "Live",
    "wall.waiting": "Waiting",
    "wall.agency": "Agency",
    "wall.agency.all": "All agencies",
    "wall.agency.one": "{name} ({n})",
    "wall.count": "{n} live now",
    "wall.count.none": "Nobody is live right now",
    "wall.rooms": "Rooms",
    "wall.nothing": "No room matches “{text}”",
    "wall.nothing.kind": "No room like that at the moment",
    "wall.clear": "Show all rooms",
    "wall.lost": "Connection lost. Trying again…",
    "wall.loading": "Looking for rooms…",
    "wall.empty.title": "The stage is set",
    "wall.empty.text":
      "No room is on air yet. Point OBS here and your room appears by itself a moment later.",
    "push.open": "Go on air",
    "push.title": "Go on air with OBS",
    "push.step1": "In OBS, open Settings → Stream and choose the service “Custom…”.",
    "push.step2": "Enter these two lines:",
    "push.step3": "Press “Start Streaming”. Your room appears on this wall.",
    "push.server": "Server",
    "push.key": "Stream Key",
    "push.key.hint":
      "The stream key is the room’s name: letters, digits, dot, dash and underscore. A room with a key of its own takes {form}.",
    "push.key.form": "ROOM?key=KEY",
    "push.key.example": "main-stage",
    copy: "Copy",
    copied: "Copied",
    close: "Close",
    "state.live": "Live",
    "state.waiting": "Waiting",
    "state.ended": "Ended",
    "card.since": "Live for {time}",
    "card.waiting": "Waiting for the host",
    "card.ended": "The broadcast has ended",
    "watch.back": "All rooms",
    "watch.share": "Copy link",
    "watch.facts": "Stream",
    "fact.latency": "Behind live",
    "fact.resolution": "Resolution",
    "fact.fps": "Frame rate",
    "fact.bitrate": "Bitrate",
    "fact.video": "Video",
    "fact.audio": "Audio",
    "fact.audio.none": "No sound",
    "fact.dropped": "Dropped frames",
    "fact.since": "On air",
    "fact.viewers": "Viewers",
    "unit.viewers": "{n} watching",
    "unit.fps": "{n} fps",
    "unit.mbps": "{n} Mb/s",
    "unit.kbps": "{n} kb/s",
    "unit.s": "{n} s",
    "unit.khz": "{n} kHz",
    "unit.min": "{m} min",
    "unit.h": "{h} h {m} min",
    "unit.d": "{d} d {h} h",
    "unit.now": "under a minute",
    "audio.mono": "mono",
    "audio.stereo": "stereo",
    "audio.channels": "{n} channels",
    "player.video": "Live video of {room}",
    "player.controls": "Player controls",
    "player.play": "Play",
    "player.pause": "Pause",
    "player.mute": "Mute",
    "player.unmute": "Unmute",
    "player.sound": "Turn the sound on",
    "player.volume": "Volume",
    "player.live": "Live",
    "player.golive": "Go live",
    "player.golive.label": "Jump to the live edge",
    "player.atlive.label": "At the live edge",
    "player.pip": "Picture in picture",
    "player.full": "Full screen",
    "player.unfull": "Leave full screen",
    "player.latency": "{n} s behind live",
    "player.open": "Open in Roomcast",
    "player.retry": "Try again now",
    "say.connecting": "Connecting…",
    "say.loading": "Starting the picture…",
    "say.buffering": "One moment…",
    "say.paused": "Paused",
    "say.waiting": "The host will be right back",
    "say.waiting.text": "Nothing is coming in at the moment. The picture starts by itself.",
    "say.missing": "Not started yet",
    "say.missing.text":
      "Nobody has sent anything to the room “{room}” yet. If the address is right, leave this page open: the picture starts by itself.",
    "say.closed": "This link is not valid",
    "say.closed.text":
      "The room “{room}” opens with a valid link only, and this one may have run out. Please ask for a new one.",
    "say.ended": "The broadcast has ended",
    "say.ended.text": "Thank you for watching. If it goes on, the picture starts by itself.",
    "say.lost": "Connection lost",
    "say.lost.text": "We keep trying; the picture comes back by itself.",
    "say.unsupported": "This browser cannot show this video",
    "say.unsupported.text":
      "The room is sent as {codec}, which this browser does not decode. Safari or a browser with hardware decoding may.",
    "notfound.title": "There is no such room",
    "notfound.text":
      "A room’s name has 1 to 64 letters, digits, dots, dashes and underscores, and does not start with a dot. Please check the address.",
    "notfound.back": "See all rooms",
  },
  zh: {
    "brand.home": "Roomcast，全部房间",
    "wall.title": "直播间",
    "wall.search": "搜索直播间",
    "wall.show": "显示哪些直播间",
    "wall.all": "全部",
    "wall.live": "直播中",
    "wall.waiting": "等待中",
    "wall.agency": "机构",
    "wall.agency.all": "全部机构",
    "wall.agency.one": "{name}（{n}）",
    "wall.count": "{n} 个正在直播",
    "wall.count.none": "暂时没有直播",
    "wall.rooms": "直播间",
    "wall.nothing": "没有找到“{text}”",
    "wall.nothing.kind": "暂时没有这样的直播间",
    "wall.clear": "显示全部",
    "wall.lost": "连接中断，正在重试…",
    "wall.loading": "正在查找直播间…",
    "wall.empty.title": "舞台已就绪",
    "wall.empty.text": "还没有直播间开播。在 OBS 中填入下面的地址推流，直播间会自动出现在这里。",
    "push.open": "我要开播",
    "push.title": "用 OBS 开播",
    "push.step1": "打开 OBS 的“设置 → 直播”，服务选择“自定义…”。",
    "push.step2": "填写下面两行：",
    "push.step3": "点击“开始直播”，您的直播间会自动出现在这里。",
    "push.server": "服务器",
    "push.key": "推流码",
    "push.key.hint":
      "推流码就是直播间名称：字母、数字、点、短横线和下划线。设有密钥的直播间请填写 {form}。",
    "push.key.form": "ROOM?key=KEY",
    "push.key.example": "main-stage",
    copy: "复制",
    copied: "已复制",
    close: "关闭",
    "state.live": "直播中",
    "state.waiting": "等待中",
    "state.ended": "已结束",
    "card.since": "已开播 {time}",
    "card.waiting": "等待主播开播",
    "card.ended": "直播已结束",
    "watch.back": "全部直播间",
    "watch.share": "复制链接",
    "watch.facts": "直播信息",
    "fact.latency": "直播延迟",
    "fact.resolution": "分辨率",
    "fact.fps": "帧率",
    "fact.bitrate": "码率",
    "fact.video": "视频",
    "fact.audio": "音频",
    "fact.audio.none": "无声音",
    "fact.dropped": "丢帧",
    "fact.since": "已开播",
    "fact.viewers": "观看人数",
    "unit.viewers": "{n} 人在看",
    "unit.fps": "{n} 帧/秒",
    "unit.mbps": "{n} Mb/s",
    "unit.kbps": "{n} kb/s",
    "unit.s": "{n} 秒",
    "unit.khz": "{n} kHz",
    "unit.min": "{m} 分钟",
    "unit.h": "{h} 小时 {m} 分钟",
    "unit.d": "{d} 天 {h} 小时",
    "unit.now": "不到 1 分钟",
    "audio.mono": "单声道",
    "audio.stereo": "立体声",
    "audio.channels": "{n} 声道",
    "player.video": "直播画面：{room}",
    "player.controls": "播放控制",
    "player.play": "播放",
    "player.pause": "暂停",
    "player.mute": "静音",
    "player.unmute": "取消静音",
    "player.sound": "点击打开声音",
    "player.volume": "音量",
    "player.live": "直播",
    "player.golive": "回到直播",
    "player.golive.label": "跳到最新画面",
    "player.atlive.label": "已是最新画面",
    "player.pip": "画中画",
    "player.full": "全屏",
    "player.unfull": "退出全屏",
    "player.latency": "延迟 {n} 秒",
    "player.open": "在 Roomcast 中打开",
    "player.retry": "立即重试",
    "say.connecting": "正在连接…",
    "say.loading": "画面即将开始…",
    "say.buffering": "请稍候…",
    "say.paused": "已暂停",
    "say.waiting": "主播马上回来",
    "say.waiting.text": "暂时没有收到画面，恢复后会自动播放。",
    "say.missing": "直播尚未开始",
    "say.missing.text": "直播间“{room}”还没有开播。如果网址无误，请保持本页打开，开播后会自动播放。",
    "say.ended": "直播已结束",
    "say.ended.text": "感谢观看。如果继续直播，画面会自动播放。",
    "say.closed": "链接无效",
    "say.closed.text": "直播间“{room}”需要有效的链接才能观看，当前链接可能已过期，请索取新的链接。",
    "say.lost": "连接中断",
    "say.lost.text": "正在不断重试，恢复后会自动播放。",
    "say.unsupported": "此浏览器无法播放该视频",
    "say.unsupported.text":
      "该直播间使用 {codec} 编码，此浏览器不支持。请尝试 Safari 或支持硬件解码的浏览器。",
    "notfound.title": "没有这个直播间",
    "notfound.text":
      "直播间名称由 1 到 64 个字母、数字、点、短横线或下划线组成，且不能以点开头。请检查网址。",
    "notfound.back": "查看全部直播间",
  },
};

const asked = globalThis.navigator?.language ?? "en";
export const language = /^zh\b/i.test(asked) ? "zh" : "en";

/* Words that only one page says. */
export function addWords(more) {
  for (const [name, words] of Object.entries(more)) Object.assign(WORDS[name], words);
}

/* The words for key, with {name} replaced from values. */
export function say(key, values = {}) {
  const words = WORDS[language][key];
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/* Fills every element below root that names its words: text, label (and tooltip), placeholder. */
export function translate(root) {
  for (const e of root.querySelectorAll("[data-say]")) e.textContent = say(e.dataset.say);
  for (const e of root.querySelectorAll("[data-say-label]")) {
    e.setAttribute("aria-label", say(e.dataset.sayLabel));
    if (e.localName === "button") e.title = say(e.dataset.sayLabel);
  }
  for (const e of root.querySelectorAll("[data-say-placeholder]"))
    e.placeholder = say(e.dataset.sayPlaceholder);
}

/* Sets the document's language and fills the whole page. */
export function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  translate(document);
}

export function bitrateWords(bps) {
  if (!(bps > 0)) return "–";
  if (bps < 1e6) return say("unit.kbps", { n: Math.round(bps / 1e3) });
  return say("unit.mbps", { n: (bps / 1e6).toFixed(bps < 1e8 ? 1 : 0) });
}

/* "950", "1.2k", "12k", "1.5M": a crowd, not a census. */
export function countWords(n) {
  if (n < 1000) return String(n);
  const [unit, by] = n < 999_500 ? ["k", 1e3] : ["M", 1e6];
  const value = n / by;
  return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

export const viewersWords = (n) => say("unit.viewers", { n: countWords(n) });

export function fpsWords(fps) {
  return fps > 0 ? say("unit.fps", { n: Number(fps.toFixed(2)) }) : "–";
}

/* How long since an ISO date, in the two largest units; changes once a minute. */
export function sinceWords(iso, now = relayNow()) {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000);
  if (!(minutes >= 1)) return say("unit.now");
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (d > 0) return say("unit.d", { d, h });
  return h > 0 ? say("unit.h", { h, m }) : say("unit.min", { m });
}

/* "4K", "1080p60": what viewers call a picture's size; portrait goes by its short side. */
export function qualityWords(width, height, fps) {
  const lines = Math.min(width, height);
  if (!(lines > 0)) return "";
  const name = lines >= 2160 ? "4K" : `${lines}p`;
  return fps >= 48 ? `${name}${name === "4K" ? " " : ""}${Math.round(fps)}` : name;
}

/* RFC 6381 strings as people say them; anything else as it came. */
export function codecWords(codec) {
  const names = { avc1: "H.264", avc3: "H.264", hvc1: "HEVC", hev1: "HEVC", mp4a: "AAC" };
  return names[String(codec ?? "").split(".")[0]] ?? String(codec ?? "");
}

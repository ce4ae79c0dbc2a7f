/* /watch/ROOM: the player with the room's title and figures beside it. */
/* SPDX-License-Identifier: MIT */

import {
  bitrateWords,
  codecWords,
  countWords,
  fpsWords,
  say,
  sinceWords,
  translatePage,
} from "./words.js";
import { copyText, element, setText } from "./dom.js";
import { roomName, roomPath } from "./room.js";
import { buildStage } from "./stage.js";

const byId = (id) => document.getElementById(id);
const FACTS = ["viewers", "latency", "resolution", "fps", "bitrate", "video", "audio", "since", "dropped"];
const values = new Map();

function channelWords(channels) {
  if (channels === 1) return say("audio.mono");
  return channels === 2 ? say("audio.stereo") : say("audio.channels", { n: channels });
}

function audioWords(audio) {
  if (!audio?.length) return say("fact.audio.none");
  const tracks = audio
    .map(({ codec, channels, sample_rate }) => {
      const rate = sample_rate > 0 ? say("unit.khz", { n: sample_rate / 1000 }) : "";
      return [codecWords(codec), channels > 0 ? channelWords(channels) : "", rate]
        .filter(Boolean)
        .join(" · ");
    });
  const alike = (words) => tracks.filter((track) => track === words).length;
  return [...new Set(tracks)]
    .map((words) => (alike(words) > 1 ? `${alike(words)} × ${words}` : words))
    .join(" / ");
}

function facts(player) {
  const { status, kind } = player.room;
  const video = kind === "live" ? status.video : null;
  const { dropped, decoded } = player.frames();
  const running = player.state === "playing" || player.state === "paused";
  const width = player.video.videoWidth || video?.width;
  const height = player.video.videoHeight || video?.height;
  return {
    viewers: kind === "live" && status.viewers >= 0 ? countWords(status.viewers) : "",
    latency: running && player.latency > 0 ? say("unit.s", { n: player.latency.toFixed(1) }) : "–",
    resolution: width > 0 ? `${width} × ${height}` : "–",
    fps: fpsWords(video?.fps),
    bitrate: bitrateWords(video?.bitrate_bps),
    video: video ? codecWords(video.codec) || "–" : "–",
    audio: kind === "live" ? audioWords(status.audio) : "–",
    since: kind === "live" && status.since ? sinceWords(status.since) : "–",
    dropped: decoded > 0 ? `${dropped} / ${decoded}` : "–",
  };
}

function badgeKind(player) {
  if (player.state === "playing" || player.room.kind === "live") return "live";
  return { waiting: "waiting", ended: "ended" }[player.room.kind] ?? "";
}

function show(player) {
  const title = player.room.status?.title || player.name;
  const badge = badgeKind(player);
  const words = `${badge === "live" ? "● " : ""}${title} · Roomcast`;
  if (document.title !== words) document.title = words;
  setText(byId("title"), title);
  byId("handle").hidden = title === player.name;
  byId("badge").dataset.state = badge;
  setText(byId("badge"), badge ? say(`state.${badge}`) : "");
  byId("facts").parentElement.hidden = badge !== "live";
  for (const [name, words] of Object.entries(facts(player))) {
    setText(values.get(name), words);
    values.get(name).parentElement.hidden = words === ""; /* nobody counts */
  }
}

function offerCopy(button, text) {
  const words = button.textContent;
  button.addEventListener("click", async () => {
    await copyText(text);
    button.textContent = say("copied");
    setTimeout(() => (button.textContent = words), 1500);
  });
}

const name = roomName();
translatePage();
for (const fact of FACTS) {
  values.set(fact, element("dd", { text: "–" }));
  const row = element("div", {}, element("dt", { text: say(`fact.${fact}`) }), values.get(fact));
  row.dataset.fact = fact;
  byId("facts").append(row);
}
setText(byId("title"), name);
setText(byId("handle"), name);
byId("handle").hidden = true;
offerCopy(byId("copy"), new URL(`/watch/${roomPath(name)}`, location.href).href);
/* Few ever need it: it is not loaded before. */
byId("share").addEventListener("click", async () => {
  const { openShare } = await import("./share.js");
  openShare(name, byId("title").textContent);
});
buildStage(byId("stage"), name, show);

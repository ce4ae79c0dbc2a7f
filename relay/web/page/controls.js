/* The player's buttons and the words over the picture. */
/* SPDX-License-Identifier: MIT */

import { codecWords, qualityWords, say } from "./words.js";
import { element, icon, setIcon, setLabel, setText } from "./dom.js";
import { listenToKeys, openHelp } from "./keys.js";
import { Menu, trackWords } from "./menu.js";
import { lengthWords } from "./player-words.js";
import { Scrub, clockWords } from "./scrub.js";
import { listenToTouch } from "./touch.js";

const IDLE_MS = 3000;
const TOAST_MS = 1200;
const NARROW = 560; /* pixels of the stage: short words below */
const VOLUME_STEP = 0.05;
const VOLUME_KEY = "roomcast.volume";

/* What is said over the picture in each state: an icon or a spinner, words, a sentence, a button. */
const SCENES = {
  connecting: { spin: true },
  loading: { spin: true },
  buffering: { spin: true },
  waiting: { icon: "wait", text: true },
  missing: { icon: "wait", text: true },
  soon: { icon: "wait", text: true },
  silent: { icon: "pulse", text: true },
  healing: { spin: true },
  closed: { icon: "link", text: true, retry: true },
  locked: { icon: "lock", text: true, retry: true },
  often: { icon: "lock", text: true },
  ended: { icon: "ended", text: true },
  lost: { icon: "lost", text: true, retry: true },
  unsupported: { icon: "film", text: true, retry: true },
};

/* What is said is finer than what the player does. */
function sceneOf({ state, room, isHealing }) {
  if (state === "closed") return room.refusal;
  if (state === "waiting" && room.status?.segments === 0) return "soon";
  if (state === "buffering" && room.kind === "live" && room.status?.silent) return "silent";
  if (state === "buffering" && isHealing) return "healing";
  return state;
}

function storedVolume() {
  try {
    const volume = Number(localStorage.getItem(VOLUME_KEY) ?? 1);
    return volume > 0 && volume <= 1 ? volume : 1;
  } catch {
    return 1; /* storage is forbidden in some frames */
  }
}

function storeVolume(volume) {
  try {
    localStorage.setItem(VOLUME_KEY, String(volume));
  } catch {
    /* then it is not kept */
  }
}

export class Controls {
  #stage;
  #video;
  #player;
  #idle = 0;
  #toasting = 0;
  #parts = {};
  #scrub;
  #menu;

  /* Fills stage around video; extra elements go to the right of the bar. */
  constructor(stage, video, player, ...extra) {
    this.#stage = stage;
    this.#video = video;
    this.#player = player;
    video.volume = storedVolume();
    this.#scrub = new Scrub(player);
    const p = this.#parts;
    p.toast = element("p", { class: "toast", role: "status" });
    const bar = this.#bar(extra);
    stage.append(this.#scene(), this.#soundButton(), p.toast, bar, this.#menu.element);
    stage.tabIndex = -1;
    this.#listen();
    this.#showVolume();
    this.#showFull();
    this.update();
  }

  #button(name, act) {
    const button = element("button", { type: "button", class: `control ${name}`, click: act });
    this.#parts[name] = button;
    return button;
  }

  #scene() {
    const p = this.#parts;
    p.sceneIcon = element("div", { class: "scene-icon" });
    p.sceneTitle = element("p", { class: "scene-title" });
    p.sceneText = element("p", { class: "scene-text" });
    p.retry = element("button", {
      type: "button",
      class: "button",
      text: say("player.retry"),
      click: () => this.#player.retryNow(),
    });
    p.bigPlay = element(
      "button",
      { type: "button", class: "big-play", click: () => this.#player.play() },
      icon("play"),
    );
    setLabel(p.bigPlay, say("player.play"));
    p.scene = element(
      "div",
      { class: "scene", role: "status" },
      p.sceneIcon,
      p.sceneTitle,
      p.sceneText,
    );
    return element("div", { class: "scene-box" }, p.scene, p.retry, p.bigPlay);
  }

  #soundButton() {
    const words = element("span", { text: say("player.sound") });
    this.#parts.sound = element(
      "button",
      { type: "button", class: "sound-on", click: () => this.#setMuted(false) },
      icon("mute"),
      words,
    );
    return this.#parts.sound;
  }

  #bar(extra) {
    const p = this.#parts;
    p.volume = element("input", {
      type: "range",
      class: "volume",
      min: 0,
      max: 1,
      step: VOLUME_STEP,
      "aria-label": say("player.volume"),
    });
    p.volume.addEventListener("input", () => this.#setVolume(Number(p.volume.value)));
    p.latency = element("span", { class: "latency" });
    p.quality = element("span", { class: "chip" });
    const play = this.#button("play", () => this.togglePlay());
    const mute = this.#button("mute", () => this.toggleSound());
    const live = this.#button("golive", () => this.goLive());
    const gear = this.#button("gear", () => this.#menu.toggle());
    const pip = this.#button("pip", () => this.togglePip());
    const full = this.#button("full", () => this.toggleFull());
    this.#menu = new Menu(this.#player, gear);
    setIcon(gear, "gear");
    setLabel(gear, say("menu.open"));
    p.liveWords = element("span");
    live.append(element("span", { class: "dot" }), p.liveWords);
    setIcon(pip, "pip");
    setLabel(pip, say("player.pip"));
    full.hidden = !this.#fullIsPossible();
    const left = element("div", { class: "bar-side" }, play, mute, p.volume, live, p.latency);
    const right = element("div", { class: "bar-side" }, p.quality, gear, ...extra, pip, full);
    const buttons = element("div", { class: "bar-row" }, left, right);
    return (p.bar = element(
      "div",
      { class: "player-bar", role: "group", "aria-label": say("player.controls") },
      this.#scrub.element,
      buttons,
    ));
  }

  #listen() {
    const stage = this.#stage;
    /* not by a finger, nor by the focus that it brings: see tap() */
    const wake = (event) => {
      const byFinger = event.pointerType === "touch";
      if (!byFinger && (event.type !== "focusin" || event.target.matches(":focus-visible"))) this.wake();
    };
    for (const event of ["pointermove", "pointerdown", "focusin", "keydown"])
      stage.addEventListener(event, wake);
    this.#parts.bar.addEventListener("pointerdown", () => this.wake());
    stage.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") this.#sleepSoon(400);
    });
    this.#video.addEventListener("volumechange", () => this.#showVolume());
    for (const event of ["fullscreenchange", "webkitfullscreenchange"])
      document.addEventListener(event, () => this.#showFull());
    listenToTouch(this.#video, this);
    listenToKeys(stage, this);
    this.wake();
  }

  /* ---- the viewer acts */

  togglePlay() {
    if (this.#video.paused) this.#player.play();
    else this.#player.pause();
  }

  /* A mouse on the picture, which has the bar already. */
  pick() {
    this.togglePlay();
  }

  /* A finger brings the bar up, or sends it away. */
  tap() {
    if (this.#stage.classList.contains("idle")) this.wake();
    else this.#sleepSoon(0);
  }

  goLive() {
    this.#player.goLive();
  }

  /* seconds: below 0 back, above 0 on; infinite: as far as it goes. */
  seek(seconds) {
    const { range, latency } = this.#player;
    if (!(range.far > 0)) return;
    this.#player.goBack(Math.min(latency - seconds, range.far));
    if (!Number.isFinite(seconds)) return;
    this.#toast(say(seconds < 0 ? "toast.back" : "toast.on", { n: Math.abs(seconds) }));
  }

  louder(steps) {
    this.#setVolume(this.#video.volume + steps * VOLUME_STEP);
    this.#toast(say("toast.volume", { n: Math.round(this.#video.volume * 100) }));
  }

  toggleSound() {
    this.#setMuted(!this.#video.muted);
  }

  /* Off, the first, the second … and off again. */
  nextCaptions() {
    const { captions } = this.#player.choices;
    const at = captions.findIndex((track) => track.chosen) + 1;
    const next = captions[at];
    const name = trackWords(captions)[at];
    this.#player.choose("captions", next?.key ?? "");
    const off = captions.length > 0 ? "toast.captions.off" : "toast.captions.none";
    this.#toast(next ? say("toast.captions.on", { name }) : say(off));
  }

  help() {
    openHelp();
  }

  #setMuted(muted) {
    this.#video.muted = muted;
    if (!muted && this.#video.volume === 0) this.#setVolume(0.5);
    if (!muted && this.#video.paused) this.#player.play();
  }

  #setVolume(volume) {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    this.#video.muted = this.#video.volume === 0;
    storeVolume(this.#video.volume);
  }

  async togglePip() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.#video.requestPictureInPicture();
    } catch {
      /* the browser or the embedding page forbids it, and says so itself */
    }
  }

  #fullIsPossible() {
    return Boolean(
      document.fullscreenEnabled ||
      document.webkitFullscreenEnabled ||
      this.#video.webkitEnterFullscreen,
    );
  }

  async toggleFull() {
    const stage = this.#stage;
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else if (stage.requestFullscreen) await stage.requestFullscreen();
      else if (stage.webkitRequestFullscreen) stage.webkitRequestFullscreen();
      else this.#video.webkitEnterFullscreen?.(); /* iPhone: only the video itself */
    } catch {
      /* as for picture in picture */
    }
  }

  /* ---- what is shown */

  wake() {
    this.#stage.classList.remove("idle");
    this.#sleepSoon(IDLE_MS);
  }

  #sleepSoon(ms) {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const focus = this.#parts.bar.querySelector(":focus-visible");
      const busy = focus || this.#menu.isOpen || this.#scrub.isHeld;
      if (this.#player.state === "playing" && !busy) this.#stage.classList.add("idle");
    }, ms);
  }

  #toast(text) {
    const { toast } = this.#parts;
    setText(toast, text);
    toast.classList.add("shown");
    clearTimeout(this.#toasting);
    this.#toasting = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  }

  #showVolume() {
    const { muted, volume } = this.#video;
    const p = this.#parts;
    const silent = muted || volume === 0;
    setIcon(p.mute, silent ? "mute" : "sound");
    setLabel(p.mute, say(silent ? "player.unmute" : "player.mute"));
    p.volume.value = silent ? 0 : volume;
    p.volume.style.setProperty("--filled", `${silent ? 0 : volume * 100}%`);
    this.update();
  }

  #showFull() {
    const is = Boolean(document.fullscreenElement ?? document.webkitFullscreenElement);
    setIcon(this.#parts.full, is ? "unfull" : "full");
    setLabel(this.#parts.full, say(is ? "player.unfull" : "player.full"));
  }

  #showScene() {
    const p = this.#parts;
    const { state, name, codec } = this.#player;
    const said = sceneOf(this.#player);
    const scene = SCENES[said];
    p.scene.hidden = !scene;
    p.retry.hidden = !scene?.retry;
    p.bigPlay.hidden = state !== "paused";
    this.#stage.dataset.state = state;
    this.#stage.dataset.scene = said;
    if (!scene) return setText(p.sceneTitle, "");
    p.sceneIcon.classList.toggle("spinner", Boolean(scene.spin));
    if (scene.icon) setIcon(p.sceneIcon, scene.icon);
    else if (p.sceneIcon.dataset.icon)
      (p.sceneIcon.replaceChildren(), delete p.sceneIcon.dataset.icon);
    setText(p.sceneTitle, say(`say.${said}`));
    p.sceneText.hidden = !scene.text;
    const values = { room: name, codec: codecWords(codec) };
    if (scene.text) setText(p.sceneText, say(`say.${said}.text`, values));
  }

  /* Called by the player at each change and twice a second. */
  update() {
    const p = this.#parts;
    const player = this.#player;
    this.#showScene();
    const paused = this.#video.paused;
    setIcon(p.play, paused ? "play" : "pause");
    setLabel(p.play, say(paused ? "player.play" : "player.pause"));
    const running = player.state === "playing" || player.state === "paused";
    p.sound.hidden = !this.#video.muted || !running;
    p.play.hidden = p.golive.hidden = !running;
    p.pip.hidden = !running || !document.pictureInPictureEnabled;
    p.golive.classList.toggle("at-edge", player.isAtLiveEdge);
    setText(p.liveWords, say(player.isAtLiveEdge ? "player.live" : "player.golive"));
    setLabel(p.golive, say(player.isAtLiveEdge ? "player.atlive.label" : "player.golive.label"));
    setText(p.latency, running ? this.#latencyWords() : "");
    p.gear.hidden = !running;
    if (!running) this.#menu.close(false);
    this.#scrub.update(running);
    this.#menu.update();
    const { videoWidth, videoHeight } = this.#video;
    const quality = running
      ? qualityWords(videoWidth, videoHeight, player.room.status?.video?.fps)
      : "";
    setText(p.quality, quality);
    if (!running) this.wake();
  }

  /* At the edge how far it is, in seconds; behind it how far, and what time it was. */
  #latencyWords() {
    const { latency, isAtLiveEdge, video } = this.#player;
    if (!(latency > 0)) return "";
    const isNarrow = this.#stage.clientWidth < NARROW;
    const n = latency.toFixed(1);
    if (isAtLiveEdge || (video.paused && latency < 60))
      return say(isNarrow ? "unit.s" : "player.latency", { n });
    const behind = say("scrub.shown", { behind: lengthWords(latency) });
    const clock = clockWords(this.#player.clockAt());
    return isNarrow || !clock ? behind : `${behind} · ${clock}`;
  }
}

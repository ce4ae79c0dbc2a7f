/* The player's buttons, words over the picture, and keys. */
/* SPDX-License-Identifier: MIT */

import { codecWords, language, qualityWords, say } from "./words.js";
import { element, icon, setIcon, setLabel, setText } from "./dom.js";

const IDLE_MS = 3000;
const VOLUME_STEP = 0.05;
const VOLUME_KEY = "roomcast.volume";

/* What is said over the picture in each state: an icon or a spinner, words, a sentence, a button. */
const SCENES = {
  connecting: { spin: true },
  loading: { spin: true },
  buffering: { spin: true },
  waiting: { icon: "wait", text: true },
  missing: { icon: "wait", text: true },
  closed: { icon: "link", text: true, retry: true },
  ended: { icon: "ended", text: true },
  lost: { icon: "lost", text: true, retry: true },
  unsupported: { icon: "film", text: true, retry: true },
};

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
  #parts = {};

  /* Fills stage around video; extra elements go to the right of the bar. */
  constructor(stage, video, player, ...extra) {
    this.#stage = stage;
    this.#video = video;
    this.#player = player;
    video.volume = storedVolume();
    stage.append(this.#scene(), this.#bar(extra), this.#soundButton());
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
    const play = this.#button("play", () => this.#togglePlay());
    const mute = this.#button("mute", () => this.#setMuted(!this.#video.muted));
    const live = this.#button("golive", () => this.#player.goLive());
    const pip = this.#button("pip", () => this.#togglePip());
    const full = this.#button("full", () => this.#toggleFull());
    p.liveWords = element("span");
    live.append(element("span", { class: "dot" }), p.liveWords);
    setIcon(pip, "pip");
    setLabel(pip, say("player.pip"));
    full.hidden = !this.#fullIsPossible();
    const left = element("div", { class: "bar-side" }, play, mute, p.volume, live, p.latency);
    const right = element("div", { class: "bar-side" }, p.quality, ...extra, pip, full);
    return (p.bar = element(
      "div",
      { class: "player-bar", role: "group", "aria-label": say("player.controls") },
      left,
      right,
    ));
  }

  #listen() {
    const stage = this.#stage;
    const wake = () => this.#wake();
    for (const event of ["pointermove", "pointerdown", "focusin", "keydown"])
      stage.addEventListener(event, wake);
    stage.addEventListener("pointerleave", () => this.#sleepSoon(400));
    this.#video.addEventListener("click", () => this.#clickPicture());
    this.#video.addEventListener("dblclick", () => this.#toggleFull());
    this.#video.addEventListener("volumechange", () => this.#showVolume());
    for (const event of ["fullscreenchange", "webkitfullscreenchange"])
      document.addEventListener(event, () => this.#showFull());
    document.addEventListener("keydown", (event) => this.#key(event));
    wake();
  }

  /* ---- the viewer acts */

  #togglePlay() {
    if (this.#video.paused) this.#player.play();
    else this.#player.pause();
  }

  /* A finger brings the bar up first; a mouse, which has it already, plays and pauses. */
  #clickPicture() {
    if (matchMedia("(hover: hover)").matches) this.#togglePlay();
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

  async #togglePip() {
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

  async #toggleFull() {
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

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
      return;
    const target = event.target;
    const isSpace = event.key === " ";
    if (/^(textarea|select)$/.test(target.localName)) return;
    if (target.localName === "input" && (target.type !== "range" || event.key.startsWith("Arrow")))
      return;
    if (isSpace && /^(button|a)$/.test(target.localName)) return;
    const volume = this.#video.volume;
    const acts = {
      " ": () => this.#togglePlay(),
      k: () => this.#togglePlay(),
      m: () => this.#setMuted(!this.#video.muted),
      f: () => this.#toggleFull(),
      p: () => this.#togglePip(),
      l: () => this.#player.goLive(),
      ArrowUp: () => this.#setVolume(volume + VOLUME_STEP),
      ArrowDown: () => this.#setVolume(volume - VOLUME_STEP),
    };
    const act = acts[event.key.length > 1 ? event.key : event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
    this.#wake();
  }

  /* ---- what is shown */

  #wake() {
    this.#stage.classList.remove("idle");
    this.#sleepSoon(IDLE_MS);
  }

  #sleepSoon(ms) {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const busy = this.#parts.bar.querySelector(":focus-visible");
      if (this.#player.state === "playing" && !busy) this.#stage.classList.add("idle");
    }, ms);
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
    const { state, name, codec, room } = this.#player;
    const scene = SCENES[state];
    p.scene.hidden = !scene;
    p.retry.hidden = !scene?.retry;
    p.bigPlay.hidden = state !== "paused";
    this.#stage.dataset.state = state;
    if (!scene) return setText(p.sceneTitle, "");
    p.sceneIcon.classList.toggle("spinner", Boolean(scene.spin));
    if (scene.icon) setIcon(p.sceneIcon, scene.icon);
    else if (p.sceneIcon.dataset.icon)
      (p.sceneIcon.replaceChildren(), delete p.sceneIcon.dataset.icon);
    setText(p.sceneTitle, say(`say.${state}`));
    p.sceneText.hidden = !scene.text;
    if (scene.text) setText(p.sceneText, sentence(state, name, codec, room.status));
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
    const latency =
      running && player.latency > 0 ? say("player.latency", { n: player.latency.toFixed(1) }) : "";
    setText(p.latency, latency);
    const { videoWidth, videoHeight } = this.#video;
    const quality = running
      ? qualityWords(videoWidth, videoHeight, player.room.status?.video?.fps)
      : "";
    setText(p.quality, quality);
    if (!running) this.#wake();
  }
}

/* The relay's own sentence about the room when it has one, else ours. */
function sentence(state, name, codec, status) {
  const own = state === "waiting" || state === "ended" ? status?.message?.[language] : "";
  return own || say(`say.${state}.text`, { room: name, codec: codecWords(codec) });
}

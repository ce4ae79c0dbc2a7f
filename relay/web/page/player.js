/* Keeps one room playing: what to show now, and how to get back from everything that goes wrong. */
/* SPDX-License-Identifier: MIT */
/*
 * States, as viewers are told them:
 *   connecting   nothing is known of the room yet
 *   loading      the room is live, its first frame is on the way
 *   playing      frames advance
 *   buffering    frames should advance and do not
 *   paused       the viewer said so, or the browser forbids to start alone
 *   waiting      the room is there, nobody is sending
 *   missing      there is no such room yet
 *   closed       the link to the room is not valid, or no longer
 *   ended        the host closed the broadcast
 *   lost         the relay does not answer
 *   unsupported  this browser does not decode the room's codec
 *
 * The ladder after a fault: recoverMedia() twice in ten seconds for media faults; everything else,
 * and a third media fault, opens the source anew at the live edge, after 0, 1, 1.5, 2.25 … 10 s. A
 * picture that stands still although the room is live is moved over a hole, then opened anew. The
 * last frame stays on the canvas until the new source has one.
 */

import { Ladder, Stillness } from "./ladder.js";
import { Picture } from "./picture.js";
import { Room } from "./room.js";
import { openSource, scriptsRan, shapeOf } from "./source.js";
import { captionsOf, showCaptions } from "./tracks.js";

const TICK_MS = 500;
const MOVING_MS = 1500; /* no frame for so long: not playing */
const SHAPE_MS = 10_000;
const EDGE_S = 4; /* so far behind what is wanted still counts as live, in low latency less */
/* From there on jump, unless the viewer chose so; at the latest where hls.js stops catching up, which
 * is one target duration beyond twice what is wanted. */
const BEHIND = { times: 1.5, plus_s: 5 };
const RELAX_MS = 60_000; /* without a stall for so long: as close to the edge as at first */
/* A room that has just begun has one segment and nothing in reserve: waiting for the third one (RFC
 * 8216 section 6.3.3: not closer than three) spares its first viewers a stall at the next. With parts
 * PART-HOLD-BACK is what counts, and is there with the second. */
const START = { segments: 3, low_latency_segments: 2, patience_ms: 12_000 };

/* What names the tracks in a status, without its measured figures. */
function tracksOf(status) {
  const words = (track) => Object.values(track ?? {}).filter((value) => typeof value === "string");
  return JSON.stringify([words(status?.video), (status?.audio ?? []).map(words)]);
}

export class Player {
  state = "connecting";
  errors = 0;
  warnings = 0;
  stalls = 0;
  lastError = "";
  #video;
  #picture;
  #changed;
  #source = null;
  #wanted = true; /* the viewer wants it to play */
  #byChoice = false; /* the viewer paused or went back: being behind is theirs */
  #wishes = { quality: "", audio: "", captions: "" }; /* keys of Tracks; they outlive a source */
  #isReady = false; /* hls.js is there, or will not come */
  #hadFrame = false; /* since the source was opened */
  #ladder = new Ladder();
  #stillness = new Stillness();
  #movedAt = performance.now();
  #position = 0;
  #stalledAt = 0;
  #reopenTimer = 0;
  #reopening = false;
  #kind = "unknown";
  #liveAt = 0;
  #unsupported = ""; /* the codec this browser lacks … */
  #unsupportedShape = ""; /* … and the tracks it was among */
  #shapeAt = 0;
  #tracks = "";

  /* freeze: the canvas above video that keeps the last frame. changed() is called at least twice a
   * second, and at each change of state. */
  constructor(name, video, freeze, changed) {
    this.name = name;
    this.#video = video;
    this.#picture = new Picture(video, freeze);
    this.#changed = changed;
    this.room = new Room(name, () => this.#hear());
    video.addEventListener("waiting", () => this.#ranDry());
    video.addEventListener("pause", () => this.#wasPaused());
    video.addEventListener("play", () => this.#wasStarted());
    for (const event of ["timeupdate", "playing", "ended"])
      video.addEventListener(event, () => this.#look());
    document.addEventListener("visibilitychange", () => document.hidden || this.#comeBack());
    window.addEventListener("online", () => this.retryNow());
    setInterval(() => this.#tick(), TICK_MS);
    this.room.ask();
    scriptsRan.then(() => {
      this.#isReady = true;
      this.#hear();
    });
  }

  get video() {
    return this.#video;
  }
  get latency() {
    return this.#hadFrame ? (this.#source?.latency ?? 0) : 0;
  }
  get levels() {
    return this.#source?.levels ?? [];
  }
  get recovered() {
    return this.#ladder.recovered;
  }
  /* Is what is shown as fresh as it should be? */
  get isAtLiveEdge() {
    if (!this.#isMoving()) return false;
    const wanted = this.#source.targetLatency;
    return this.latency < wanted + Math.min(EDGE_S, wanted || EDGE_S);
  }
  get codec() {
    return this.#unsupported;
  }
  get isHealing() {
    return this.#ladder.isHealing;
  }
  /* Seconds behind the live edge: as close as one may be, and as far as one can go. */
  get range() {
    const source = this.#hadFrame ? this.#source : null;
    return { near: source?.targetLatency ?? 0, far: source?.reach ?? 0 };
  }
  /* When what is shown, or was so many seconds behind the edge, reached the relay; null: not known. */
  clockAt(behind = this.latency) {
    const at = this.#source?.playingDate?.getTime();
    return at > 0 ? new Date(at + (this.latency - behind) * 1000) : null;
  }
  /* What can be chosen: see Tracks. wishes: the keys chosen, "" for none. */
  get choices() {
    const { qualities = [], audios = [] } = this.#source?.tracks ?? {};
    return { qualities, audios, captions: captionsOf(this.#video), wishes: { ...this.#wishes } };
  }

  frames() {
    return this.#picture.frames();
  }

  stats() {
    const { state, errors, warnings, stalls, recovered, lastError, latency, levels } = this;
    const { currentTime, videoWidth: width, videoHeight: height, muted } = this.#video;
    const room = this.room.kind;
    const told = { state, room, currentTime, latency, ...this.frames(), width, height, muted };
    const arrived = this.#source?.playingDate?.getTime() ?? 0; /* what is shown, at the relay */
    return { ...told, arrived, stalls, errors, warnings, levels, recovered, lastError };
  }

  /* ---- what the viewer asks for */

  play() {
    this.#wanted = true;
    if (!this.#source) this.retryNow();
    else if (this.latency > this.#source.window) this.goLive();
    this.#start();
  }

  pause() {
    this.#wanted = false;
    this.#byChoice = true;
    this.#video.pause();
    this.#settle();
  }

  /* To what is so many seconds behind the live edge; at the edge it is live again. */
  goBack(behind) {
    if (!this.#source || !this.#hadFrame) return;
    if (behind <= this.range.near) return this.goLive();
    this.#byChoice = true;
    this.#source.follow(false);
    this.#source.goBack(behind);
    this.#changed();
  }

  /* what: quality, audio or captions */
  choose(what, key) {
    this.#wishes[what] = key;
    if (what === "captions") showCaptions(this.#video, key);
    else this.#source?.tracks.grant();
    this.#changed();
  }

  goLive() {
    this.#byChoice = false;
    this.#wanted = true;
    this.#source?.follow(true);
    const position = this.#source?.livePosition;
    if (Number.isFinite(position)) this.#video.currentTime = position;
    this.#start();
  }

  retryNow() {
    this.#unsupported = "";
    if (this.#reopening) this.#reopen(0);
    this.room.askSoon(0);
  }

  /* ---- what the room says */

  #hear() {
    const { kind } = this.room;
    if (kind === "live" && this.#kind !== "live") this.#liveAt = performance.now();
    this.#kind = kind;
    if (kind === "missing" || kind === "closed") this.#close();
    if (kind === "ended" && !this.#isMoving()) this.#close();
    if (kind === "live") {
      if (this.#source || this.#reopening || this.#unsupported) this.#compareTracks();
      else if (this.#isReady && this.#hasReserve()) this.#open();
    }
    this.#settle();
  }

  #hasReserve() {
    const { segments = START.segments, part_target_ms } = this.room.status;
    const enough = part_target_ms > 0 ? START.low_latency_segments : START.segments;
    return segments >= enough || performance.now() - this.#liveAt > START.patience_ms;
  }

  /* A track that came or went shows in status.json first; the playlist is what counts. */
  #compareTracks() {
    const tracks = tracksOf(this.room.status);
    const news = tracks !== this.#tracks;
    this.#tracks = tracks;
    if (news || performance.now() - this.#shapeAt > SHAPE_MS) this.#compareShape();
  }

  async #compareShape() {
    this.#shapeAt = performance.now();
    const source = this.#source;
    if (source ? source.shape === "" : this.#unsupported === "") return;
    try {
      const reply = await fetch(`${this.room.base}index.m3u8`, {
        cache: "no-cache",
        signal: AbortSignal.timeout(8000),
      });
      if (!reply.ok || source !== this.#source) return;
      const shape = shapeOf(await reply.text());
      if (source && shape === source.shape) return;
      if (!source && shape === this.#unsupportedShape) return;
      this.#unsupported = "";
      this.#reopen(0);
    } catch {
      /* The next look comes by itself, and the source reports what is wrong with the network. */
    }
  }

  /* ---- the source */

  #open() {
    this.#close();
    if (this.#wanted) this.#byChoice = false;
    this.#tracks = tracksOf(this.room.status);
    this.#shapeAt = this.#movedAt = performance.now();
    this.#stillness.restart();
    const count = (data) => this.#count(data);
    const report = (kind, detail) => this.#fault(kind, detail);
    const url = `${this.room.base}index.m3u8`;
    this.#source = openSource(this.#video, url, this.#wishes, report, count);
    if (!this.#source) this.#unsupported = "HLS";
    else if (this.#wanted) this.#start();
  }

  #close() {
    clearTimeout(this.#reopenTimer);
    this.#reopening = false;
    if (!this.#source) return;
    const source = this.#source;
    this.#picture.freeze(this.#hadFrame);
    this.#source = null;
    this.#hadFrame = false;
    source.stop();
  }

  #reopen(delay_ms) {
    this.#close();
    this.#reopening = true;
    this.#reopenTimer = setTimeout(() => {
      this.#reopening = false;
      if (this.#kind === "live" || this.#kind === "unknown") this.#open();
      this.#settle();
    }, delay_ms);
    this.#settle();
  }

  /* Muted play is allowed everywhere; where it is not, the viewer's own press on play will do. */
  #start() {
    this.#video.play()?.catch((error) => {
      if (error.name !== "NotAllowedError") return;
      this.#wanted = false;
      this.#settle();
    });
  }

  /* ---- faults */

  #count(data) {
    if (data.fatal) this.errors++;
    else this.warnings++;
    this.lastError = data.details;
  }

  #fault(kind, detail) {
    this.lastError = detail;
    this.#ladder.fault();
    if (kind === "unsupported") return this.#giveUp();
    if (kind === "media" && this.#ladder.mayRecoverMedia(performance.now())) {
      this.#source.recoverMedia();
      if (this.#wanted) this.#start();
      return;
    }
    this.#reopen(this.#ladder.nextDelay(kind));
    if (kind === "network") this.room.askSoon(0);
  }

  #giveUp() {
    this.#unsupportedShape = this.#source.shape;
    this.#unsupported = this.room.status?.video?.codec ?? "?";
    this.#close();
    this.#settle();
  }

  /* ---- time */

  #isMoving() {
    return this.#hadFrame && performance.now() - this.#movedAt < MOVING_MS && !this.#video.paused;
  }

  #look() {
    const { currentTime, readyState } = this.#video;
    if (this.#source && readyState >= 2 && currentTime !== this.#position && !this.#video.paused) {
      if (currentTime > this.#position) this.#move();
      this.#position = currentTime;
    }
    this.#settle();
  }

  #move() {
    const now = performance.now();
    this.#movedAt = now;
    this.#hadFrame = true;
    this.#picture.thaw();
    this.#stillness.moved();
    this.#ladder.frame(now);
  }

  #tick() {
    this.#look();
    showCaptions(this.#video, this.#wishes.captions); /* a track may come at any time */
    const isSeen = !document.hidden || document.pictureInPictureElement;
    if (this.#source && this.#wanted && isSeen) {
      this.#watchStuck();
      this.#watchBehind();
    }
    this.#changed();
  }

  #watchStuck() {
    const still = this.#kind === "live" && !this.#isMoving();
    const verdict = this.#stillness.judge(performance.now(), still, this.#hadFrame, this.#source);
    if (verdict === "reopen") {
      this.errors++;
      this.#fault("stuck", "no frame although live");
    } else if (verdict === "nudge") this.#overHole();
  }

  #overHole() {
    const { buffered, currentTime } = this.#video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime) continue;
      this.#video.currentTime = buffered.start(i) + 0.05;
      break;
    }
    this.#source.nudge();
    this.#start();
  }

  #watchBehind() {
    if (this.#byChoice || !this.#hadFrame || this.#video.seeking) return;
    const { latency, targetLatency, targetDuration } = this.#source;
    if (!(targetLatency > 0) || !this.#isMoving()) return;
    const limit = Math.min(
      BEHIND.times * targetLatency + BEHIND.plus_s,
      2 * targetLatency + targetDuration,
    );
    if (latency > limit) this.goLive();
    if (performance.now() - this.#stalledAt > RELAX_MS) this.#source.relax();
  }

  #comeBack() {
    this.#stillness.moved();
    if (this.#source && this.#wanted && !this.isAtLiveEdge) this.goLive();
  }

  #ranDry() {
    this.#stalledAt = performance.now();
    if (this.state === "playing" && !this.#video.seeking && this.#kind === "live") this.stalls++;
    this.#settle();
  }

  /* The browser, a headset or the picture-in-picture window may pause and play, too; a source that
   * goes or ends does so as well and means nothing by it. */
  #wasPaused() {
    if (!this.#source || this.#video.ended || this.#ladder.isHealing) return;
    if (document.hidden && !document.pictureInPictureElement) return;
    this.#wanted = false;
    this.#byChoice = true;
    this.#settle();
  }

  #wasStarted() {
    this.#wanted = true;
    this.#settle();
  }

  #settle() {
    const next = this.#judge();
    const calm = next === "playing" || next === "paused";
    this.room.setCalm(calm);
    if (next === this.state) return;
    this.state = next;
    this.#changed();
  }

  #judge() {
    if (this.#isMoving()) return "playing";
    if (this.#unsupported && this.#kind === "live") return "unsupported";
    if (!this.#wanted && this.#source) return "paused";
    if (["missing", "closed", "ended", "waiting", "lost"].includes(this.#kind)) return this.#kind;
    if (!this.#wanted) return "paused";
    if (this.#kind === "unknown") return "connecting";
    return this.#hadFrame || this.#picture.isFrozen ? "buffering" : "loading";
  }
}

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
 *   ended        the host closed the broadcast
 *   lost         the relay does not answer
 *   unsupported  this browser does not decode the room's codec
 *
 * The ladder after a fault: recoverMedia() twice in ten seconds for media faults; everything else,
 * and a third media fault, opens the source anew at the live edge, after 0, 1, 1.5, 2.25 … 10 s. A
 * picture that stands still although the room is live is moved over a hole, then opened anew. The
 * last frame stays on the canvas until the new source has one.
 */

import { Picture } from "./picture.js";
import { Room } from "./room.js";
import { openSource, shapeOf } from "./source.js";

const TICK_MS = 500;
const MOVING_MS = 1500; /* no frame for so long: not playing */
const MEDIA_FAULTS = { count: 2, within_ms: 10_000 };
const BACK_OFF = { first_ms: 1000, times: 1.5, max_ms: 10_000, steady_ms: 20_000 };
const STUCK = { nudge_ms: 3000, reopen_ms: 8000, targets: 2.5 };
const SHAPE_MS = 10_000;
const EDGE_S = 4; /* how far behind what is wanted still counts as live */
const BEHIND = { times: 1.5, plus_s: 5 }; /* from there on jump, unless the viewer chose so */
/* A room that has just begun has one segment and nothing in reserve: waiting for the third one (RFC
 * 8216 section 6.3.3: not closer than three) spares its first viewers a stall at the next. */
const START = { segments: 3, patience_ms: 12_000 };

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
  recovered = 0;
  lastError = "";
  #video;
  #picture;
  #changed;
  #source = null;
  #wanted = true; /* the viewer wants it to play */
  #byChoice = false; /* the viewer paused: being behind is theirs */
  #hadFrame = false; /* since the source was opened */
  #healing = false; /* a fault happened and no frame came since */
  #movedAt = performance.now();
  #position = 0;
  #nudged = false;
  #mediaFaults = [];
  #faults = 0; /* since the picture last ran steadily … */
  #healedAt = 0; /* … which is measured from here */
  #reopenTimer = 0;
  #reopening = false;
  #stuck_ms = 0;
  #tickedAt = 0;
  #buffered = 0;
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
  /* Is what is shown as fresh as it should be? */
  get isAtLiveEdge() {
    return this.#isMoving() && this.latency < this.#source.targetLatency + EDGE_S;
  }
  get codec() {
    return this.#unsupported;
  }

  frames() {
    return this.#picture.frames();
  }

  stats() {
    const { state, errors, warnings, stalls, recovered, lastError, latency, levels } = this;
    const { currentTime, videoWidth, videoHeight, muted } = this.#video;
    const room = this.room.kind;
    const size = { width: videoWidth, height: videoHeight };
    return {
      state,
      room,
      currentTime,
      latency,
      ...this.frames(),
      ...size,
      muted,
      stalls,
      errors,
      warnings,
      levels,
      recovered,
      lastError,
    };
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

  goLive() {
    this.#byChoice = false;
    this.#wanted = true;
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
    if (kind === "missing") this.#close();
    if (kind === "ended" && !this.#isMoving()) this.#close();
    if (kind === "live") {
      if (this.#source || this.#reopening || this.#unsupported) this.#compareTracks();
      else if (this.#hasReserve()) this.#open();
    }
    this.#settle();
  }

  #hasReserve() {
    const { segments = START.segments } = this.room.status;
    return segments >= START.segments || performance.now() - this.#liveAt > START.patience_ms;
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
    this.#tracks = tracksOf(this.room.status);
    this.#shapeAt = this.#movedAt = performance.now();
    this.#nudged = false;
    this.#stuck_ms = this.#buffered = 0;
    const count = (data) => this.#count(data);
    const report = (kind, detail) => this.#fault(kind, detail);
    this.#source = openSource(this.#video, `${this.room.base}index.m3u8`, report, count);
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
    this.#healing = true;
    if (kind === "unsupported") return this.#giveUp();
    if (kind === "media" && this.#mayRecoverMedia()) {
      this.#source.recoverMedia();
      if (this.#wanted) this.#start();
      return;
    }
    this.#reopen(this.#nextDelay(kind));
    if (kind === "network") this.room.askSoon(0);
  }

  #mayRecoverMedia() {
    const now = performance.now();
    this.#mediaFaults = this.#mediaFaults.filter((at) => now - at < MEDIA_FAULTS.within_ms);
    this.#mediaFaults.push(now);
    return this.#mediaFaults.length <= MEDIA_FAULTS.count;
  }

  #nextDelay(kind) {
    const n = this.#faults++;
    if (n === 0 && kind !== "network") return 0;
    return Math.min(BACK_OFF.first_ms * BACK_OFF.times ** n, BACK_OFF.max_ms);
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
    this.#nudged = false;
    this.#picture.thaw();
    if (this.#healing) {
      this.#healing = false;
      this.recovered++;
      this.#healedAt = now;
    }
    if (now - this.#healedAt > BACK_OFF.steady_ms) this.#faults = 0;
  }

  #tick() {
    this.#look();
    if (this.#source && this.#wanted && !document.hidden) {
      this.#watchStuck();
      this.#watchBehind();
    }
    this.#changed();
  }

  /* Live, wanted, nothing under way, and yet no frame: first over a hole in the buffer, then from the
   * start. How long to be patient grows with the segments' length. A slow network or a slow machine
   * is not stuck: downloads have limits of their own, and ticks that come late count as one. */
  #watchStuck() {
    const now = performance.now();
    const passed_ms = Math.min(now - this.#tickedAt, 2 * TICK_MS);
    this.#tickedAt = now;
    const arrived = !this.#hadFrame && this.#source.buffered !== this.#buffered;
    this.#buffered = this.#source.buffered;
    if (this.#kind !== "live" || arrived || this.#isMoving()) this.#stuck_ms = 0;
    else if (!this.#source.isBusy) this.#stuck_ms += passed_ms;
    const patience_ms = Math.max(
      STUCK.reopen_ms,
      STUCK.targets * 1000 * this.#source.targetDuration,
    );
    if (this.#stuck_ms > patience_ms) {
      this.errors++;
      this.#fault("stuck", "no frame although live");
    } else if (this.#stuck_ms > STUCK.nudge_ms && !this.#nudged) {
      this.#nudged = true;
      this.#overHole();
    }
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
    const { latency, targetLatency } = this.#source;
    if (
      targetLatency > 0 &&
      latency > BEHIND.times * targetLatency + BEHIND.plus_s &&
      this.#isMoving()
    )
      this.goLive();
  }

  #comeBack() {
    this.#stuck_ms = 0;
    if (this.#source && this.#wanted && !this.isAtLiveEdge) this.goLive();
  }

  #ranDry() {
    if (this.state === "playing" && !this.#video.seeking && this.#kind === "live") this.stalls++;
    this.#settle();
  }

  /* The browser, a headset or the picture-in-picture window may pause and play, too; a source that
   * goes or ends does so as well and means nothing by it. */
  #wasPaused() {
    if (!this.#source || this.#video.ended || this.#healing) return;
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
    if (["missing", "ended", "waiting", "lost"].includes(this.#kind)) return this.#kind;
    if (!this.#wanted) return "paused";
    if (this.#kind === "unknown") return "connecting";
    return this.#hadFrame || this.#picture.isFrozen ? "buffering" : "loading";
  }
}

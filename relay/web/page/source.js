/* One attachment of a room's HLS to a video element: hls.js where it runs, else the browser's own. */
/* SPDX-License-Identifier: MIT */
/*
 * A source never heals itself: it reports what went wrong, once, as one of
 *   media        the decoder or a buffer refused something; recoverMedia() may help
 *   network      a playlist or a segment could not be had, retries included
 *   jump         the playlist went back, or left a hole: the relay was restarted
 *   unsupported  this browser does not decode what the room is sent as
 *   other        anything else that ends playback
 * and its owner (player.js) decides. After stop() it reports nothing more.
 */

import { Tracks } from "./tracks.js";

/* hls.js stays at 1.6: 1.7.0 to 1.7.4 lose count of the parts they have (a trim of the back buffer, or a
 * last part that is listed while the one before it is appended), stop loading and stall about once
 * a minute; tests/players/latency.test.mjs shows it. */
const RETRY = { maxNumRetry: 3, retryDelayMs: 500, maxRetryDelayMs: 2000, backoff: "exponential" };
const LOAD = {
  maxTimeToFirstByteMs: 8000,
  maxLoadTimeMs: 20_000,
  timeoutRetry: RETRY,
  errorRetry: RETRY,
};
const NO_RETRY = { ...LOAD, timeoutRetry: null, errorRetry: null };

const CATCH_UP = 1.06; /* after a stall, so gently that nobody hears it */

const SETTINGS = {
  /* Parts, blocking reloads and PART-HOLD-BACK where the playlist has them; else HOLD-BACK, or three
   * target durations. liveSyncDurationCount is left alone: once set, it overrules the playlist. */
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: CATCH_UP,
  backBufferLength: 20,
  maxBufferLength: 30,
  maxBufferSize: 80_000_000 /* 30 s of 4K at 20 Mb/s */,
  manifestLoadPolicy: { default: NO_RETRY },
  playlistLoadPolicy: { default: LOAD },
  fragLoadPolicy: { default: { ...LOAD, maxLoadTimeMs: 60_000 } },
};

/* hls.js comes after the page's own words, so that these are there first: deferred scripts run in
 * order, and this event comes behind the last one. */
export const scriptsRan = new Promise((resolve) => {
  if (document.readyState === "complete") resolve();
  else document.addEventListener("DOMContentLoaded", resolve, { once: true });
});

const BUSY = new Set(["KEY_LOADING", "FRAG_LOADING", "FRAG_LOADING_WAITING_RETRY", "PARSING"]);

/* What of a multivariant playlist tells one set of tracks from another: all but measured figures. */
export function shapeOf(text) {
  return text
    .split("\n")
    .filter((line) => /^#EXT-X-(MEDIA|STREAM-INF):/.test(line))
    .map((line) =>
      line.replace(/(AVERAGE-BANDWIDTH|BANDWIDTH|FRAME-RATE|SCORE)=[^,]*,?/g, "").trim(),
    )
    .sort()
    .join("\n");
}

class HlsSource {
  shape = "";
  buffered = 0; /* segments that reached the browser */
  #hls;
  #video;
  #tracks;
  #report;
  #lists = new Map(); /* playlist URL → first and last sequence number seen */
  #stopped = false;

  constructor(video, url, wishes, report, count) {
    this.#report = report;
    this.#video = video;
    const hls = (this.#hls = new window.Hls(SETTINGS));
    this.#tracks = new Tracks(hls, wishes);
    const { Events } = window.Hls;
    hls.on(
      Events.MANIFEST_LOADED,
      (_, data) => (this.shape = shapeOf(data.networkDetails?.responseText ?? "")),
    );
    hls.on(Events.LEVEL_LOADED, (_, data) => this.#follow(data.details));
    hls.on(Events.AUDIO_TRACK_LOADED, (_, data) => this.#follow(data.details));
    hls.on(Events.FRAG_BUFFERED, () => this.buffered++);
    hls.on(Events.ERROR, (_, data) => {
      count(data);
      if (data.fatal) this.#tell(this.#kindOf(data), data.details);
    });
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  #tell(kind, detail) {
    if (!this.#stopped) this.#report(kind, detail);
  }

  #kindOf(data) {
    const { ErrorTypes, ErrorDetails } = window.Hls;
    const codecs = [
      ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
      ErrorDetails.BUFFER_ADD_CODEC_ERROR,
      ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
    ];
    if (codecs.includes(data.details)) return "unsupported";
    if (data.type === ErrorTypes.NETWORK_ERROR) return "network";
    return data.type === ErrorTypes.MEDIA_ERROR ? "media" : "other";
  }

  /* A list a little older than the last one is another server thread's or a cache's; one that ends
   * before the last began, or begins after it ended, belongs to another life of the relay. */
  #follow(details) {
    const list = details.url.split("?")[0];
    const last = this.#lists.get(list);
    this.#lists.set(list, { start: details.startSN, end: details.endSN });
    if (last && (details.endSN < last.start || details.startSN > last.end + 1))
      this.#tell("jump", list);
  }

  /* Seconds from the picture to the end of what is listed, which is taken to go on at the pace of
   * time between two reloads. */
  get latency() {
    return this.#hls.latency;
  }
  get targetLatency() {
    return this.#hls.targetLatency ?? 0;
  }
  /* When the picture reached the relay, by its clock (EXT-X-PROGRAM-DATE-TIME); null: not known. */
  get playingDate() {
    return this.#hls.playingDate;
  }
  /* Seconds that can be watched, from the oldest listed segment to the live edge. */
  get window() {
    return this.#hls.latestLevelDetails?.totalduration ?? 0;
  }
  get targetDuration() {
    return this.#hls.latestLevelDetails?.targetduration ?? 0;
  }
  /* So far behind the live edge one can be without falling off the list's end at once. */
  get reach() {
    const details = this.#hls.latestLevelDetails;
    if (!details) return 0;
    const listed = this.latency + this.#video.currentTime - details.fragmentStart;
    return Math.max(0, listed - this.targetDuration);
  }
  get tracks() {
    return this.#tracks;
  }
  get livePosition() {
    return this.#hls.liveSyncPosition;
  }
  /* Is something under way that ends by itself, by a time limit if need be? */
  get isBusy() {
    if (this.#hls.levels.length === 0) return true;
    return Object.values(this.#hls.inFlightFragments).some((f) => BUSY.has(f?.state));
  }
  get levels() {
    return this.#hls.levels.map(
      ({ width, height, frameRate, bitrate, videoCodec, audioCodec }) => ({
        width,
        height,
        frameRate,
        bitrate,
        videoCodec,
        audioCodec,
      }),
    );
  }

  /* To the picture that is so many seconds behind the live edge. */
  goBack(behind) {
    this.#video.currentTime += this.latency - Math.min(behind, this.reach);
  }
  /* Whether to catch up with the live edge; not with a viewer who went back on purpose. */
  follow(isFollowing) {
    this.#hls.config.maxLiveSyncPlaybackRate = isFollowing ? CATCH_UP : 1;
    if (!isFollowing) this.#video.playbackRate = 1;
  }
  recoverMedia() {
    this.#hls.recoverMediaError();
  }
  nudge() {
    this.#hls.startLoad();
  }
  /* hls.js keeps a second more for each stall, for ever: takes that back. */
  relax() {
    const details = this.#hls.latestLevelDetails;
    const asked = details?.partHoldBack || details?.holdBack || 3 * this.targetDuration;
    if (asked > 0 && this.targetLatency > asked) this.#hls.targetLatency = asked;
  }
  stop() {
    this.#stopped = true;
    this.#hls.destroy();
  }
}

class NativeSource {
  shape = "";
  isBusy = false;
  buffered = 0;
  levels = [];
  tracks = { qualities: [], audios: [], grant() {} }; /* the browser chooses */
  targetDuration = 0;
  #video;
  #listening = new AbortController();

  constructor(video, url, report, count) {
    this.#video = video;
    const fail = () => {
      count({ fatal: true, details: `native ${video.error?.code ?? 0}` });
      report(video.error?.code === 4 ? "network" : "media", video.error?.message ?? "");
    };
    video.addEventListener("error", fail, { signal: this.#listening.signal });
    video.src = url;
  }

  get livePosition() {
    const { seekable } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) : null;
  }
  get latency() {
    return Math.max(0, (this.livePosition ?? 0) - this.#video.currentTime);
  }
  get targetLatency() {
    return 0;
  }
  get playingDate() {
    const start = this.#video.getStartDate?.().getTime();
    return start > 0 ? new Date(start + this.#video.currentTime * 1000) : null;
  }
  get window() {
    const { seekable } = this.#video;
    return seekable.length > 0 ? this.livePosition - seekable.start(0) : 0;
  }
  get reach() {
    return this.window;
  }

  goBack(behind) {
    this.#video.currentTime += this.latency - Math.min(behind, this.reach);
  }
  follow() {}

  recoverMedia() {
    this.#video.load();
  }
  nudge() {}
  relax() {}
  stop() {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

/* Begins to load url into video, with what the viewer wishes of it (Tracks). report(kind, detail) and
 * count(data) as said above; null when this browser has neither Media Source Extensions nor HLS of its own. Chromium claims
 * HLS of its own but stops at a discontinuity, so hls.js comes first. */
export function openSource(video, url, wishes, report, count) {
  if (window.Hls?.isSupported()) return new HlsSource(video, url, wishes, report, count);
  if (video.canPlayType("application/vnd.apple.mpegurl"))
    return new NativeSource(video, url, report, count);
  return null;
}

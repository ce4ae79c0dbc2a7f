/* What a viewer may choose of one hls.js source: quality and sound; of any video: its captions. */
/* SPDX-License-Identifier: MIT */

const codec = (level) => String(level.videoCodec ?? "").split(".")[0];
const qualityKey = (level) =>
  [level.width, level.height, Math.round(level.frameRate), codec(level)].join("/");
const audioKey = (track) => [track.lang ?? "", track.name ?? ""].join("/");
const captionKey = (track) => [track.language, track.label].join("/");

/* The first of list for each key, so that variants which differ in their sound alone are one. */
function distinct(list, keyOf) {
  const all = new Map();
  for (const one of list) if (!all.has(keyOf(one))) all.set(keyOf(one), one);
  return all;
}

/* The choices of quality and sound of hls, and the viewer's wishes as they outlive a source: keys,
 * "" for "whatever is best". A wish that is not on offer now is kept, and granted when it is. */
export class Tracks {
  #hls;
  #wishes;

  constructor(hls, wishes) {
    this.#hls = hls;
    this.#wishes = wishes;
    const { Events } = window.Hls;
    hls.on(Events.MANIFEST_PARSED, () => this.grant());
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => this.grant());
  }

  /* → [{key, width, height, fps}], the best first */
  get qualities() {
    const levels = [...this.#hls.levels].filter((level) => level.height > 0);
    levels.sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);
    return [...distinct(levels, qualityKey)].map(([key, level]) => ({
      key,
      width: level.width,
      height: level.height,
      fps: level.frameRate,
    }));
  }

  /* → [{key, name, language, chosen}] */
  get audios() {
    const { audioTracks, audioTrack } = this.#hls;
    const playing = audioTracks[audioTrack];
    return [...distinct(audioTracks, audioKey)].map(([key, track]) => ({
      key,
      name: track.name ?? "",
      language: track.lang ?? "",
      chosen: playing !== undefined && audioKey(playing) === key,
    }));
  }

  #grantQuality() {
    const { levels, audioTrack, audioTracks } = this.#hls;
    const group = audioTracks[audioTrack]?.groupId;
    const alike = levels.filter((level) => qualityKey(level) === this.#wishes.quality);
    const best = alike.find((level) => group && level.hasAudioGroup?.(group)) ?? alike[0];
    const at = best ? levels.indexOf(best) : -1;
    if (at !== this.#hls.manualLevel) this.#hls.nextLevel = at;
  }

  grant() {
    this.#grantQuality();
    const { audioTracks, audioTrack } = this.#hls;
    const at = audioTracks.findIndex((track) => audioKey(track) === this.#wishes.audio);
    if (at >= 0 && at !== audioTrack) this.#hls.audioTrack = at;
  }
}

/* ---- captions: text tracks, whoever made them */

const isCaption = (track) => /^(captions|subtitles)$/.test(track.kind);

/* → [{key, name, language, chosen}] */
export function captionsOf(video) {
  const tracks = [...video.textTracks].filter(isCaption);
  return [...distinct(tracks, captionKey)].map(([key, track]) => ({
    key,
    name: track.label,
    language: track.language,
    chosen: track.mode === "showing",
  }));
}

/* Shows the captions of that key, or none for "". Those that are not shown go on being read, so that
 * they are there when they are chosen. */
export function showCaptions(video, key) {
  for (const track of [...video.textTracks].filter(isCaption)) {
    const mode = captionKey(track) === key ? "showing" : "hidden";
    if (track.mode !== mode) track.mode = mode;
  }
}

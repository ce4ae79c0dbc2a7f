/* The picture itself: its frame counts over all sources, and the last frame while there is none. */
/* SPDX-License-Identifier: MIT */

const FROZEN_WIDTH = 1280; /* pixels; sharp enough for a moment */

export class Picture {
  #video;
  #canvas;
  #gone = { decoded: 0, dropped: 0 }; /* of sources that are closed */

  /* canvas lies over video and is hidden while frames advance. */
  constructor(video, canvas) {
    this.#video = video;
    this.#canvas = canvas;
  }

  get isFrozen() {
    return !this.#canvas.hidden;
  }

  frames() {
    const { totalVideoFrames = 0, droppedVideoFrames = 0 } =
      this.#video.getVideoPlaybackQuality?.() ?? {};
    return {
      decoded: this.#gone.decoded + totalVideoFrames,
      dropped: this.#gone.dropped + droppedVideoFrames,
    };
  }

  /* The source is about to close: keeps its counts and, when it had one, its last frame. */
  freeze(hasFrame) {
    this.#gone = this.frames();
    const { videoWidth, videoHeight } = this.#video;
    if (!hasFrame || !(videoWidth > 0)) return;
    const scale = Math.min(1, FROZEN_WIDTH / videoWidth);
    this.#canvas.width = videoWidth * scale;
    this.#canvas.height = videoHeight * scale;
    const { width, height } = this.#canvas;
    this.#canvas.getContext("2d").drawImage(this.#video, 0, 0, width, height);
    this.#canvas.hidden = false;
  }

  /* Frames advance again. */
  thaw() {
    this.#canvas.hidden = true;
  }
}

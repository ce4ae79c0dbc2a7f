/* Builds the player into an element: video, the frame that stays, and the controls. */
/* SPDX-License-Identifier: MIT */

import { addWords, say } from "./words.js";
import { PLAYER_WORDS } from "./player-words.js";
import { element } from "./dom.js";
import { Player } from "./player.js";
import { Controls } from "./controls.js";

addWords(PLAYER_WORDS);

/* stage becomes the player of room `name`; each(player) is called when there is news, and twice a
 * second. Tests and the curious find it as window.roomcast. */
export function buildStage(stage, name, each, ...extra) {
  const label = say("player.video", { room: name });
  const video = element("video", {
    class: "picture",
    playsinline: "",
    muted: "",
    preload: "auto",
    "aria-label": label,
  });
  const freeze = element("canvas", { class: "picture freeze", "aria-hidden": "true", hidden: "" });
  video.muted = true; /* the attribute alone counts only in markup */
  video.disableRemotePlayback = true; /* what ManagedMediaSource asks for */
  stage.append(video, freeze);
  let controls = null;
  const player = new Player(name, video, freeze, () => {
    controls?.update();
    each(player);
  });
  controls = new Controls(stage, video, player, ...extra);
  window.roomcast = { stats: () => player.stats() };
  return player;
}

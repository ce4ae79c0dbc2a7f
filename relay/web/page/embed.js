/* /embed/ROOM: the player alone, for an iframe, with a way out to its own page. */
/* SPDX-License-Identifier: MIT */

import { say, translatePage } from "./words.js";
import { element, icon, setLabel } from "./dom.js";
import { roomName, roomPath } from "./room.js";
import { buildStage } from "./stage.js";

const name = roomName();
translatePage();
document.title = `${name} · Roomcast`;
const out = element(
  "a",
  { class: "control", href: `/watch/${roomPath(name)}`, target: "_blank", rel: "noopener" },
  icon("link"),
);
setLabel(out, say("player.open"));
buildStage(document.getElementById("stage"), name, () => {}, out);

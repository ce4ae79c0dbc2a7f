/* The sheet to share a room: its link, as text and as a QR code, and the lines for another page. */
/* SPDX-License-Identifier: MIT */

import { language, say } from "./words.js";
import { copyButton, element, openSheet } from "./dom.js";
import { linkEnds, roomPath } from "./room.js";
import { codeOf } from "./qr.js";

const addressOf = (page, name) => new URL(`/${page}/${roomPath(name)}`, location.href).href;

function embedCode(name) {
  return (
    `<iframe src="${addressOf("embed", name)}" width="640" height="360" style="border:0" ` +
    `allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`
  );
}

function row(what, text) {
  return element(
    "div",
    { class: "copy-row", id: `share-${what}` },
    element("span", { class: "copy-label", text: say(`share.${what}`) }),
    element("code", { text }),
    copyButton(say("copy"), say("copied"), text),
  );
}

/* Who has the link may watch: whoever passes on a personal one should know. */
function warning(name) {
  const ends = linkEnds(name);
  if (!ends) return [];
  const locale = language === "zh" ? "zh-CN" : "en";
  const time = ends.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  return [element("p", { class: "hint", text: say("share.until", { time }) })];
}

export function openShare(name, title) {
  const link = addressOf("watch", name);
  const side = element("div", {}, element("p", { class: "quiet", text: say("share.scan") }));
  if (navigator.share) {
    const send = () => navigator.share({ title, url: link }).catch(() => {}); /* thought better */
    const text = say("share.send");
    side.append(element("button", { type: "button", class: "button strong", text, click: send }));
  }
  openSheet(
    "share-sheet",
    say("share.title"),
    say("close"),
    element("div", { class: "share-code" }, codeOf(link, say("share.code")), side),
    element("div", { class: "copy-rows" }, row("link", link), row("embed", embedCode(name))),
    ...warning(name),
  );
}

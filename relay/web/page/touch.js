/* Fingers on the picture: one tap for the controls, two to go back or on, or to fill the screen. */
/* SPDX-License-Identifier: MIT */

const TWICE_MS = 300;
const SIDE = 1 / 3; /* of the picture's width, left and right */
const SEEK_S = 10;

/* controls: tap(), seek(seconds), toggleFull(), and pick() for a mouse. */
export function listenToTouch(video, controls) {
  let last = { at: -Infinity, part: "" };
  let byFinger = false;
  let pointer = ""; /* what was lifted last: clicks of older browsers do not say */

  function partOf(event) {
    const box = video.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    return x < SIDE ? "left" : x > 1 - SIDE ? "right" : "middle";
  }

  function tap(event) {
    const part = partOf(event);
    const twice = event.timeStamp - last.at < TWICE_MS && part === last.part;
    last = { at: event.timeStamp, part };
    if (!twice) return controls.tap();
    if (part === "middle") return controls.toggleFull();
    return controls.seek(part === "left" ? -SEEK_S : SEEK_S); /* a third tap goes on */
  }

  video.addEventListener("pointerup", ({ pointerType }) => (pointer = pointerType));
  video.addEventListener("click", (event) => {
    byFinger = (event.pointerType ?? pointer) === "touch";
    if (byFinger) tap(event);
    else controls.pick();
  });
  video.addEventListener("dblclick", () => byFinger || controls.toggleFull());
}

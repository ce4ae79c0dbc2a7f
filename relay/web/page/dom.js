/* Making elements without markup: text is always text, so nothing from outside can become HTML. */
/* SPDX-License-Identifier: MIT */

const SVG = "http://www.w3.org/2000/svg";

/* Outlines on a 24 × 24 grid. */
const ICONS = {
  play: "M8 5.2v13.6L19 12z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  sound: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15 8.2a5 5 0 0 1 0 7.6M17.5 5.5a9 9 0 0 1 0 13",
  mute: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  unfull: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
  pip: "M3.5 5h17v14h-17zM12 12h6v4.5h-6z",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  wait: "M12 7v5l3 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17",
  lost: "M3 9a13 13 0 0 1 18 0M6.5 12.5a8 8 0 0 1 11 0M10 16a3 3 0 0 1 4 0M4 4l16 16",
  ended: "M6 6h12v12H6z",
  gear: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M10.4 3.5h3.2l.5 2.4 1.7 1 2.3-.8 1.6 2.8-1.8 1.6v2l1.8 1.6-1.6 2.8-2.3-.8-1.7 1-.5 2.4h-3.2l-.5-2.4-1.7-1-2.3.8-1.6-2.8 1.8-1.6v-2L4.3 8.9l1.6-2.8 2.3.8 1.7-1z",
  lock: "M6 10.5h12v9H6zM8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3",
  pulse: "M3 12h4l3-7 4 14 3-7h4",
  close: "M6 6l12 12M18 6L6 18",
  film: "M4 5h16v14H4zM9 9.5l5 2.5-5 2.5z",
};
const FILLED = new Set(["play", "pause"]);

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", FILLED.has(name) ? "icon filled" : "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/* A button's, or anything's, only icon; left alone when it is already that one. */
export function setIcon(parent, name) {
  if (parent.dataset.icon === name) return;
  parent.dataset.icon = name;
  parent.replaceChildren(icon(name));
}

/* attributes are set as such, except `text`, and functions, which listen to the event they name. */
export function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") e.textContent = value;
    else if (typeof value === "function") e.addEventListener(name, value);
    else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

/* Text only when it differs: no layout for what stays. */
export function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

export function setLabel(button, label) {
  if (button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
}

/* A sheet over the page that Escape, its button and a press beside it close, and focus goes back. */
export function openSheet(id, title, close, ...children) {
  const leave = element("button", { type: "button", class: "close" }, icon("close"));
  setLabel(leave, close);
  const head = element("h2", { id: `${id}-title`, text: title });
  const sheet = element("dialog", { class: "sheet", id, "aria-labelledby": head.id }, leave, head);
  sheet.append(...children);
  leave.addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("close", () => sheet.remove());
  (document.fullscreenElement ?? document.body).append(sheet);
  sheet.showModal();
  return sheet;
}

/* A button that copies text, and says so for a moment. */
export function copyButton(words, done, text) {
  const button = element("button", { type: "button", class: "button small", text: words });
  button.addEventListener("click", async () => {
    await copyText(text);
    button.textContent = done;
    setTimeout(() => (button.textContent = words), 1500);
  });
  return button;
}

/* Puts text on the clipboard; where that cannot be (plain HTTP, a frame) by a selection. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    /* there is none, or it is forbidden here */
  }
  const area = element("textarea", { class: "offscreen" });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/* A line over the last hour on a canvas, and the same in words for who cannot see it. */
/* SPDX-License-Identifier: MIT */

import { relayNow } from "./clock.js";
import { element, setText } from "./dom.js";

const SPAN_S = 3600;
const GAP_S = 13; /* samples further apart are not joined: nobody was on air in between */
const PAD = 4;

function niceMax(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value);
}

function drawGrid(pen, width, height, zero) {
  pen.strokeStyle = "rgba(255,255,255,0.12)";
  pen.lineWidth = 1;
  pen.beginPath();
  for (const y of [PAD, zero, height - PAD]) {
    pen.moveTo(0, y);
    pen.lineTo(width, y);
  }
  for (let i = 1; i < 4; i++) {
    pen.moveTo((width * i) / 4, PAD);
    pen.lineTo((width * i) / 4, height - PAD);
  }
  pen.stroke();
}

function drawLine(pen, at, values, place) {
  pen.strokeStyle = "#8fb4ff";
  pen.lineWidth = 1.8;
  pen.lineJoin = "round";
  pen.beginPath();
  let drawn = 0;
  at.forEach((second, i) => {
    const [x, y] = place(second, values[i]);
    if (x < 0) return;
    const joined = i > 0 && second - at[i - 1] <= GAP_S;
    if (joined) pen.lineTo(x, y);
    else pen.moveTo(x - 3, y); /* one sample alone is a dash */
    pen.lineTo(x, y);
    drawn++;
  });
  pen.stroke();
  return drawn;
}

/* words(value) → text with its unit. */
export function newChart(title, words) {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  const now = element("strong");
  const most = element("span", { class: "quiet" });
  const caption = element("figcaption", {}, element("span", { text: title }), now);
  const figure = element("figure", { class: "chart" }, caption, canvas, most);

  function draw(at, values) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const high = niceMax(values.reduce((a, b) => Math.max(a, b), 0));
    const low = values.reduce((a, b) => Math.min(a, b), 0);
    const bottom = low < 0 ? -niceMax(-low) : 0;
    const end = relayNow() / 1000;
    const level = (v) => PAD + ((high - v) / (high - bottom)) * (height - 2 * PAD);
    const place = (second, v) => [(1 - (end - second) / SPAN_S) * (width - PAD), level(v)];
    drawGrid(pen, width, height, level(0));
    canvas.dataset.points = drawLine(pen, at, values, place);
    say(values, high);
  }

  function say(values, high) {
    const last = values.length > 0 ? words(values.at(-1)) : "–";
    setText(now, last);
    setText(most, `↑ ${words(high)}`);
    const span = values.length > 0 ? `, ${words(Math.min(...values))} – ${words(Math.max(...values))}` : "";
    canvas.setAttribute("aria-label", `${title}: ${last}${span}`);
  }
  return { figure, draw };
}

/* What a host types into OBS, as text, and as a profile that OBS imports. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { copyText, element } from "./dom.js";
import { zip } from "./zip.js";
import qrcode from "./qrcode.js";

const RATE_KBPS = 6000;
const KEYFRAME_S = 2;
const SVG = "http://www.w3.org/2000/svg";

function serverOf() {
  const port = document.querySelector('meta[name="srt-port"]').content;
  return `srt://${location.hostname}:${port}`;
}

function settings(room, key) {
  return [
    ["push.server", serverOf()],
    ["push.key", key ? `${room}?key=${key}` : room],
    ["con.obs.video", say("con.obs.video.is")],
    ["con.obs.encoder", say("con.obs.encoder.is", { n: RATE_KBPS })],
    ["con.obs.keyframes", say("unit.s", { n: KEYFRAME_S })],
    ["con.obs.audio", say("con.obs.audio.is")],
  ];
}

/* The three files of a profile, as OBS 29 and later read them. */
function profile(room, key) {
  const basic = `[General]
Name=Roomcast ${room}
[Video]
BaseCX=1920
BaseCY=1080
OutputCX=1920
OutputCY=1080
FPSType=0
FPSCommon=30
ColorFormat=NV12
ColorSpace=709
ColorRange=Partial
[Output]
Mode=Advanced
Reconnect=true
RetryDelay=2
MaxRetries=1000
[AdvOut]
Encoder=obs_x264
TrackIndex=1
ApplyServiceSettings=false
Track1Bitrate=160
[Audio]
SampleRate=48000
ChannelSetup=Stereo
`;
  const encoder = {
    rate_control: "CBR",
    bitrate: RATE_KBPS,
    keyint_sec: KEYFRAME_S,
    preset: "veryfast",
    profile: "high",
  };
  const [[, server], [, streamKey]] = settings(room, key);
  const service = {
    type: "rtmp_custom",
    settings: { server, key: streamKey, use_auth: false, bwtest: false },
  };
  return {
    "basic.ini": basic,
    "streamEncoder.json": `${JSON.stringify(encoder)}\n`,
    "service.json": `${JSON.stringify(service)}\n`,
  };
}

function download(room, key) {
  const folder = `Roomcast-${room}`;
  const files = Object.entries(profile(room, key)).map(([name, text]) => [`${folder}/${name}`, text]);
  const address = URL.createObjectURL(new Blob([zip(files)], { type: "application/zip" }));
  element("a", { href: address, download: `${folder}.zip` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/* The two lines a host types, as a code to point a phone at: dark on light, whatever the page is. */
function codeOf(room, key) {
  const [[, server], [, streamKey]] = settings(room, key);
  const code = qrcode(0, "M"); /* the smallest that holds it */
  const bytes = new TextEncoder().encode(`${server}\n${streamKey}`);
  code.addData(String.fromCharCode(...bytes), "Byte");
  code.make();
  const n = code.getModuleCount();
  let path = "";
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `-4 -4 ${n + 8} ${n + 8}`); /* ISO/IEC 18004: a margin of 4 modules */
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", say("con.obs.code"));
  svg.setAttribute("shape-rendering", "crispEdges");
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  svg.append(dark);
  return svg;
}

export function obsPanel(room) {
  const list = element("dl", { class: "figures stacked" });
  const field = element("input", {
    class: "field",
    id: "obs-key",
    autocomplete: "off",
    maxlength: "128",
  });
  const code = element("div", { class: "qr" });
  const paint = () => {
    code.replaceChildren(codeOf(room, field.value.trim()));
    list.replaceChildren(
      ...settings(room, field.value.trim()).flatMap(([words, text]) => [
        element("dt", { text: say(words) }),
        element("dd", {}, element("code", { text })),
      ]),
    );
  };
  const copy = element("button", { type: "button", class: "button small", text: say("con.copyall") });
  copy.addEventListener("click", async () => {
    const lines = settings(room, field.value.trim()).map(([words, text]) => `${say(words)}: ${text}`);
    await copyText(`${lines.join("\n")}\n`);
    copy.textContent = say("copied");
    setTimeout(() => (copy.textContent = say("con.copyall")), 1500);
  });
  const get = element("button", {
    type: "button",
    class: "button small",
    id: "obs-profile",
    text: say("con.obs.download"),
    click: () => download(room, field.value.trim()),
  });
  field.addEventListener("input", paint);
  paint();
  return element(
    "section",
    { class: "panel", id: "obs" },
    element("h2", { text: say("con.obs") }),
    list,
    code,
    element("label", { for: "obs-key", class: "quiet", text: say("con.obs.key") }),
    field,
    element("div", { class: "actions" }, copy, get),
    element("p", { class: "quiet", text: say("con.obs.hint") }),
  );
}

/* What a host types into OBS, as text, and as a profile that OBS imports. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { copyText, element, setText } from "./dom.js";
import { zip } from "./zip.js";
import { codeOf } from "./qr.js";

const RATE_KBPS = 6000;
const KEYFRAME_S = 2;

/* Can text stand in an SRT address as it is? Encoders undo no percent-encoding. */
export const fitsAddress = (text) => /^[\w.~-]*$/.test(text);

function serverOf(passphrase) {
  const port = document.querySelector('meta[name="srt-port"]').content;
  return `srt://${location.hostname}:${port}${passphrase && `?passphrase=${passphrase}`}`;
}

function settings(room, key, passphrase) {
  return [
    ["push.server", serverOf(passphrase)],
    ["push.key", key ? `${room}?key=${key}` : room],
    ["con.obs.video", say("con.obs.video.is")],
    ["con.obs.encoder", say("con.obs.encoder.is", { n: RATE_KBPS })],
    ["con.obs.keyframes", say("unit.s", { n: KEYFRAME_S })],
    ["con.obs.audio", say("con.obs.audio.is")],
  ];
}

/* The three files of a profile, as OBS 29 and later read them. */
function profile(room, key, passphrase) {
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
  const [[, server], [, streamKey]] = settings(room, key, passphrase);
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

function download(room, key, passphrase) {
  const folder = `Roomcast-${room}`;
  const files = Object.entries(profile(room, key, passphrase)).map(([name, text]) => [`${folder}/${name}`, text]);
  const address = URL.createObjectURL(new Blob([zip(files)], { type: "application/zip" }));
  element("a", { href: address, download: `${folder}.zip` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function obsPanel(room) {
  const list = element("dl", { class: "figures stacked" });
  const about = { class: "field", autocomplete: "off", spellcheck: "false", maxlength: "128" };
  const field = element("input", { ...about, id: "obs-key" });
  const secret = element("input", { ...about, id: "obs-passphrase" });
  const typed = () => [field.value.trim(), secret.value.trim()];
  const code = element("div", { class: "qr" });
  const note = element("p", { class: "quiet", role: "status" });
  const paint = () => {
    const badKey = field.value.includes("&"); /* there it would begin another field */
    const bad = badKey || !fitsAddress(secret.value.trim());
    setText(note, bad ? say(badKey ? "con.obs.badkey" : "con.obs.badpass") : "");
    for (const e of [list, code]) e.hidden = bad;
    for (const b of [copy, get]) b.disabled = bad;
    if (bad) return;
    const [[, server], [, streamKey]] = settings(room, ...typed());
    code.replaceChildren(codeOf(`${server}\n${streamKey}`, say("con.obs.code")));
    list.replaceChildren(
      ...settings(room, ...typed()).flatMap(([words, text]) => [
        element("dt", { text: say(words) }),
        element("dd", {}, element("code", { text })),
      ]),
    );
  };
  const copy = element("button", { type: "button", class: "button small", text: say("con.copyall") });
  copy.addEventListener("click", async () => {
    const lines = settings(room, ...typed()).map(([words, text]) => `${say(words)}: ${text}`);
    await copyText(`${lines.join("\n")}\n`);
    copy.textContent = say("copied");
    setTimeout(() => (copy.textContent = say("con.copyall")), 1500);
  });
  const get = element("button", {
    type: "button",
    class: "button small",
    id: "obs-profile",
    text: say("con.obs.download"),
    click: () => download(room, ...typed()),
  });
  for (const input of [field, secret]) input.addEventListener("input", paint);
  paint();
  return element(
    "section",
    { class: "panel", id: "obs" },
    element("h2", { text: say("con.obs") }),
    list,
    code,
    element("label", { for: "obs-key", class: "quiet", text: say("con.obs.key") }),
    field,
    element("label", { for: "obs-passphrase", class: "quiet", text: say("con.obs.pass") }),
    secret,
    note,
    element("div", { class: "actions" }, copy, get),
    element("p", { class: "quiet", text: say("con.obs.hint") }),
  );
}

/* A text as a QR code to point a phone at: dark on light, whatever the page is. */
/* SPDX-License-Identifier: MIT */

import qrcode from "./qrcode.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 4; /* modules: ISO/IEC 18004 section 9.1 */

/* → an svg element, which label describes. */
export function codeOf(text, label) {
  const code = qrcode(0, "M"); /* the smallest that holds it */
  code.addData(String.fromCharCode(...new TextEncoder().encode(text)), "Byte");
  code.make();
  const n = code.getModuleCount();
  let path = "";
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
  const svg = document.createElementNS(SVG, "svg");
  const size = n + 2 * MARGIN;
  svg.setAttribute("viewBox", `-${MARGIN} -${MARGIN} ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  svg.append(dark);
  return svg;
}

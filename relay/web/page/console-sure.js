/* The console's question before what cannot be undone. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { setText } from "./dom.js";

/* yes: what its button says. → true when it was agreed to */
export function areYouSure(text, yes = say("con.yes")) {
  const dialog = document.getElementById("sure");
  setText(document.getElementById("sure-text"), text);
  setText(dialog.querySelector('[value="yes"]'), yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

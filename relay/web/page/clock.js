/* The relay's clock, for whoever's own is wrong: as the Date of its answers says it. */
/* SPDX-License-Identifier: MIT */

const TOLERATED_MS = 5000; /* whole seconds, a slow line, a cache: not worth a jump */

let ahead_ms = 0; /* of ours */

/* reply: of a fetch. A cache on the way says how old its answer is (RFC 9111 section 5.1). */
export function hearClock(reply) {
  const date = Date.parse(reply.headers.get("Date"));
  if (!(date > 0)) return;
  const age_ms = 1000 * (Number(reply.headers.get("Age")) || 0);
  const ahead = date + age_ms - Date.now();
  ahead_ms = Math.abs(ahead) > TOLERATED_MS ? ahead : 0;
}

export const relayNow = () => Date.now() + ahead_ms;

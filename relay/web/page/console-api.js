/* The console's way to the relay: questions with its token, and the events as they come. */
/* SPDX-License-Identifier: MIT */

import { hearClock } from "./clock.js";

const BASE = "/api/v1/";
const KEPT = "roomcast.token"; /* for this tab, until it is closed */
const RETRY_MS = 2000;
const ACT_MS = 15_000; /* the relay itself waits for its store for 6 s at the most */
const SILENT_MS = 40_000; /* the relay says something every 15 s */

/* What the relay said instead of an answer; status 0: it said nothing. */
export class Refusal extends Error {
  constructor(status, detail, judged = false, field = "") {
    super(detail);
    this.status = status;
    this.field = field; /* of the request: what is wrong with it */
    this.judged = judged; /* by the relay itself, not by something on the way */
  }

  /* Is it the token? Whose token is right is never told to wait. */
  get ofToken() {
    return [401, 403].includes(this.status) || (this.status === 429 && this.judged);
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEPT) ?? "",
  set: (value) => sessionStorage.setItem(KEPT, value),
  forget: () => sessionStorage.removeItem(KEPT),
};

const unheard = (error) => {
  throw new Refusal(0, error.message);
};

async function call(path, options = {}) {
  const headers = { ...options.headers };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const reply = await fetch(BASE + path, { cache: "no-store", ...options, headers }).catch(unheard);
  hearClock(reply);
  if (reply.ok) return reply;
  const problem = await reply.json().catch(() => ({}));
  const { detail = reply.statusText, field } = problem;
  throw new Refusal(reply.status, detail, "detail" in problem, field);
}

async function callForJson(path, options) {
  const reply = await call(path, options);
  return reply.json().catch(unheard);
}

export const ask = (path) => callForJson(path, { signal: AbortSignal.timeout(10_000) });

export function act(path, body = {}, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const signal = AbortSignal.timeout(ACT_MS);
  return callForJson(path, { method, headers, body: JSON.stringify(body), signal });
}

function dispatch(block, on) {
  const event = /^event: ?(.*)$/m.exec(block)?.[1];
  const data = /^data: ?(.*)$/m.exec(block)?.[1];
  if (event && data) on[event]?.(JSON.parse(data));
}

async function listenOnce(on, signal) {
  const cut = new AbortController();
  signal.addEventListener("abort", () => cut.abort(), { signal: cut.signal });
  let timer = setTimeout(() => cut.abort(), SILENT_MS);
  try {
    const reply = await call("events", { signal: cut.signal });
    on.open?.();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read().catch(unheard);
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => cut.abort(), SILENT_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) dispatch(block, on);
    }
  } finally {
    clearTimeout(timer);
    cut.abort();
  }
}

/* on: rooms, room, gone (their data), open, lost (an error, or nothing), refused (a Refusal; then
 * it is over, as it is when signal says so). EventSource would do, but for the header that the token
 * goes in. */
export async function listen(on, signal) {
  while (!signal.aborted) {
    try {
      await listenOnce(on, signal);
      if (!signal.aborted) on.lost?.();
    } catch (error) {
      if (signal.aborted) return;
      if (error.ofToken) {
        on.refused(error);
        return;
      }
      if (!(error instanceof Refusal)) reportError(error); /* ours, and no reason to be silent */
      on.lost?.(error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

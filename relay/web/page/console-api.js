/* The console's way to the relay: questions with its token, and the events as they come. */
/* SPDX-License-Identifier: MIT */

const BASE = "/api/v1/";
const KEPT = "roomcast.token"; /* for this tab, until it is closed */
const RETRY_MS = 2000;
const SILENT_MS = 40_000; /* the relay says something every 15 s */

export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEPT) ?? "",
  set: (value) => sessionStorage.setItem(KEPT, value),
  forget: () => sessionStorage.removeItem(KEPT),
};

async function call(path, options = {}) {
  const headers = { ...options.headers };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const reply = await fetch(BASE + path, { cache: "no-store", ...options, headers });
  if (reply.ok) return reply;
  const problem = await reply.json().catch(() => ({}));
  throw new Refusal(reply.status, problem.detail ?? reply.statusText);
}

export async function ask(path) {
  return (await call(path, { signal: AbortSignal.timeout(10_000) })).json();
}

export async function act(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return (await call(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

function dispatch(block, on) {
  const event = /^event: ?(.*)$/m.exec(block)?.[1];
  const data = /^data: ?(.*)$/m.exec(block)?.[1];
  if (event && data) on[event]?.(JSON.parse(data));
}

async function listenOnce(on) {
  const cut = new AbortController();
  let timer = setTimeout(() => cut.abort(), SILENT_MS);
  try {
    const reply = await call("events", { signal: cut.signal });
    on.open?.();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => cut.abort(), SILENT_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) dispatch(block, on);
    }
  } finally {
    clearTimeout(timer);
  }
}

/* on: rooms, room, gone (their data), open, lost (an error, or nothing), refused (a Refusal; then
 * it is over). EventSource would do, but for the header that the token goes in. */
export async function listen(on) {
  for (;;) {
    try {
      await listenOnce(on);
      on.lost?.();
    } catch (error) {
      if ([401, 403].includes(error.status)) {
        on.refused(error);
        return;
      }
      on.lost?.(error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

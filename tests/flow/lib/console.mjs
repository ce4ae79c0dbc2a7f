// What the console asks the relay: the API with a token, and the events as they come. A relay that
// was started with the option token is asked with it.
// SPDX-License-Identifier: MIT

export const ask = async (relay, path, { body, token = relay.options.token, method = 'GET', ...headers } = {}) => {
  const r = await fetch(`${relay.base}/api/v1/${path}`, { method, body,
    headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  const text = await r.text();
  return { status: r.status, headers: r.headers, text,
    json: /json/.test(r.headers.get('content-type')) ? JSON.parse(text) : null };
};
export const post = (relay, path, body, more = {}) => ask(relay, path,
  { method: 'POST', body: body && JSON.stringify(body), ...more });

// → .events, each {event, data}; .beats; .close()
export async function listen(t, relay, token = relay.options.token) {
  const stop = new AbortController();
  const r = await fetch(`${relay.base}/api/v1/events`, { signal: stop.signal,
    headers: token ? { Authorization: `Bearer ${token}` } : {} });
  const heard = { status: r.status, type: r.headers.get('content-type'), events: [], ended: false,
    close: () => stop.abort() };
  t.after(heard.close);
  if (r.status !== 200) return heard;
  (async () => {
    let rest = '';
    try {
      for await (const chunk of r.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (event) heard.events.push({ event, data: JSON.parse(data) });
        }
      }
    } catch { /* closed */ }
    heard.ended = true;
  })();
  return heard;
}

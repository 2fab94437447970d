/* global AbortController, AbortSignal, fetch, sessionStorage, TextDecoder, setTimeout, clearTimeout */

/** What the server refused, in its own words. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether another key is needed: asking again with the same one would only count as guessing. */
  get wantsKey() {
    return this.status === 401 || this.status === 403 || this.status === 429;
  }
}

const KEY = 'rondo-key';

/** The key lives as long as this tab: not in the address, not in a cookie. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? '',
  set: (text) => { sessionStorage.setItem(KEY, text); },
  forget: () => { sessionStorage.removeItem(KEY); },
};

const TIMEOUT_MS = 20_000;

async function request(path, { method = 'GET', body, headers = {}, signal }) {
  const bearer = key.get();
  const response = await fetch(path, {
    method, signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
    headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), ...(body && { 'content-type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Refusal(response.status, error?.code ?? '', error?.message ?? `The server answered with the status ${response.status}.`);
}

/** The JSON of an answer. @throws Refusal */
export async function ask(path, { method, body } = {}) {
  const response = await request(path, { method, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return await response.json();
}

/** The server says something every 15 seconds: a connection that is silent for longer is dead. */
const SILENCE_MS = 40_000;
const AGAIN_MS = 3000;

/**
 * Hears what happens, and goes on where it was after a break, until `signal` ends it or another key is needed.
 * EventSource could send no key.
 */
export async function listen({ onMessage, onLink, signal }) {
  let last;
  while (!signal.aborted) {
    const silence = new AbortController();
    const heard = AbortSignal.any([signal, silence.signal]);
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { silence.abort(); }, SILENCE_MS);
    };
    try {
      alive();
      const response = await request('/api/events', { headers: last === undefined ? {} : { 'last-event-id': last }, signal: heard });
      onLink('live');
      for await (const { id, event, data } of messages(response.body, alive)) {
        await onMessage(event, JSON.parse(data), last === undefined);
        last = id ?? last;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.wantsKey) {
        onLink('stopped', error);
        return;
      }
    } finally {
      clearTimeout(timer);
    }
    if (signal.aborted) return;
    onLink('connecting');
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
  }
}

/** The messages of a stream (WHATWG HTML 9.2.6); the server ends lines with a line feed alone. */
async function* messages(stream, alive) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    text += decoder.decode(value, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
      if (fields.data !== undefined) yield fields;
    }
  }
}

import { ApiError, errorFromResponse } from './errors';
import { notSignedIn } from './session';

// Server-sent events over fetch. The browser's EventSource cannot send an Authorization header, and a token
// has no place in a URL, so the few lines of the format are read here.

export interface StreamMessage {
  id: string | null;
  event: string;
  data: string;
}

/** Feeds on text in pieces of any size and calls back once per complete message. */
export function createStreamParser(onMessage: (message: StreamMessage) => void) {
  let rest = '';
  let afterReturn = false; // a CRLF may be cut between two pieces
  let id: string | null = null;
  let event = '';
  let data: string[] = [];

  const dispatch = () => {
    if (data.length > 0) onMessage({ id, event: event || 'message', data: data.join('\n') });
    id = null;
    event = '';
    data = [];
  };

  const line = (text: string) => {
    if (text === '') return dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) return; // a comment: the heartbeat
    const field = colon < 0 ? text : text.slice(0, colon);
    let value = colon < 0 ? '' : text.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  };

  return (piece: string) => {
    let text = piece;
    if (afterReturn && text.startsWith('\n')) text = text.slice(1);
    if (text === '') return;
    afterReturn = text.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    lines.forEach(line);
  };
}

export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed';

export interface FollowOptions {
  url: string;
  token: () => Promise<string | null>;
  /** The last sequence number already known; the server sends what comes after it. */
  lastEventId: string | null;
  onMessage: (message: StreamMessage) => void;
  onState: (state: StreamState, error?: ApiError) => void;
  /** Said true once the stream has told everything: the end of the connection is then an end, not a fault. */
  isComplete: () => boolean;
  signal: AbortSignal;
  /** Renews the token after a 401; null means the session is over. */
  refresh: () => Promise<string | null>;
  fetch?: typeof fetch;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

const backoffMinMs = 400;
const backoffMaxMs = 10_000;
const silenceMaxMs = 45_000; // three missed heartbeats

/** Follows a stream to its end, through lost connections, from the last message seen. Never rejects. */
export async function followStream(options: FollowOptions): Promise<void> {
  const wait = options.wait ?? waitOrOnline;
  const random = options.random ?? Math.random;
  let lastId = options.lastEventId;
  let failures = 0;
  let renewed = false;
  options.onState('connecting');

  while (!options.signal.aborted) {
    try {
      await readOnce(options, lastId, {
        opened: () => {
          renewed = false;
          options.onState('live');
        },
        message: (message) => {
          failures = 0;
          if (message.id !== null) lastId = message.id;
          options.onMessage(message);
        },
      });
      if (options.isComplete()) return options.onState('ended');
    } catch (cause) {
      if (options.signal.aborted) return;
      const error = cause instanceof ApiError ? cause : null; // anything else is a broken connection
      if (error?.status === 401 && !renewed) {
        renewed = true;
        const token = await options.refresh().catch(() => undefined);
        if (token) continue;
        if (token === null) return options.onState('failed', error);
      } else if (error !== null && isFinal(error.status)) {
        return options.onState('failed', error);
      }
    }
    if (options.signal.aborted) return;
    options.onState('reconnecting');
    const ceiling = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures++, 10));
    await wait(ceiling / 2 + (random() * ceiling) / 2, options.signal);
  }
}

/** Refusals that a second try would only repeat. */
const isFinal = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429;

async function readOnce(
  options: FollowOptions,
  lastId: string | null,
  on: { opened: () => void; message: (message: StreamMessage) => void },
): Promise<void> {
  const token = await options.token();
  if (token === null) throw notSignedIn();
  const headers: Record<string, string> = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` };
  if (lastId !== null) headers['Last-Event-ID'] = lastId;

  const connection = new AbortController();
  const stop = () => connection.abort();
  options.signal.addEventListener('abort', stop);
  let watchdog = setTimeout(stop, silenceMaxMs);
  try {
    const request = options.fetch ?? fetch;
    const response = await request(options.url, { headers, signal: connection.signal, cache: 'no-store' });
    if (!response.ok) throw await errorFromResponse(response);
    if (!response.body) return;
    on.opened();
    const parse = createStreamParser(on.message);
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silenceMaxMs);
      parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(watchdog);
    options.signal.removeEventListener('abort', stop);
    connection.abort();
  }
}

/** Waits, but not longer than it takes the machine to get its network back. */
function waitOrOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      window.removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    window.addEventListener('online', done);
  });
}

import { describe, expect, it, vi } from 'vitest';
import { createStreamParser, followStream, type FollowOptions, type StreamMessage, type StreamState } from './event-stream';

const parseAll = (...pieces: string[]) => {
  const messages: StreamMessage[] = [];
  const feed = createStreamParser((message) => messages.push(message));
  pieces.forEach(feed);
  return messages;
};

describe('the stream parser', () => {
  it('reads id, event and data', () => {
    expect(parseAll('id: 7\nevent: step.started\ndata: {"a":1}\n\n')).toEqual([{ id: '7', event: 'step.started', data: '{"a":1}' }]);
  });

  it('gives the same messages however the bytes are cut', () => {
    const text = 'id: 1\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\n: heartbeat\r\n\r\nid: 2\r\ndata: x\r\n\r\n';
    const whole = parseAll(text);
    expect(whole).toHaveLength(2);
    expect(whole[0]?.data).toBe('one\ntwo');
    for (let at = 1; at < text.length; at++) expect(parseAll(text.slice(0, at), text.slice(at))).toEqual(whole);
    expect(parseAll(...text)).toEqual(whole);
  });

  it('says nothing for heartbeats and for a message that is not finished', () => {
    expect(parseAll(': here\n\n', 'data: half')).toEqual([]);
  });

  it('does not carry an id over to a message without one', () => {
    expect(parseAll('id: 5\ndata: a\n\nevent: delta\ndata: b\n\n')[1]).toEqual({ id: null, event: 'delta', data: 'b' });
  });
});

const body = (text: string) =>
  new Response(new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  }));
const refused = (status: number, code: string) => Response.json({ code, detail: code }, { status });
const message = (id: number, kind = 'step') => `id: ${id}\nevent: ${kind}\ndata: {}\n\n`;

function follow(answers: (Response | Error)[], overrides: Partial<FollowOptions> = {}) {
  const states: StreamState[] = [];
  const ids: (string | null)[] = [];
  const asked: (string | null)[] = [];
  const tokens: (string | null)[] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  const fetch = vi.fn(async (_url: unknown, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    asked.push(headers.get('Last-Event-ID'));
    tokens.push(headers.get('Authorization'));
    const answer = answers.shift();
    if (answer === undefined) {
      stop.abort();
      throw new TypeError('no more answers');
    }
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const done = followStream({
    url: '/events',
    token: async () => 'first',
    refresh: async () => 'second',
    lastEventId: null,
    onMessage: ({ id }) => ids.push(id),
    onState: (state) => states.push(state),
    isComplete: () => ids.includes('9'),
    signal: stop.signal,
    fetch: fetch as unknown as typeof globalThis.fetch,
    wait: async (ms) => void waits.push(ms),
    random: () => 1,
    ...overrides,
  });
  return { done, states, ids, asked, tokens, waits };
}

describe('following a stream', () => {
  it('ends when the last event has been seen', async () => {
    const run = follow([body(message(1) + message(9))]);
    await run.done;
    expect(run.states).toEqual(['connecting', 'live', 'ended']);
  });

  it('takes up after the last message when the connection breaks', async () => {
    const run = follow([body(message(1) + message(2)), new TypeError('network'), body(message(9))]);
    await run.done;
    expect(run.asked).toEqual([null, '2', '2']);
    expect(run.ids).toEqual(['1', '2', '9']);
    expect(run.states).toEqual(['connecting', 'live', 'reconnecting', 'reconnecting', 'live', 'ended']);
  });

  it('waits longer each time, up to a bound, and starts over after a message', async () => {
    const broken = () => new TypeError('network');
    const run = follow([...Array.from({ length: 8 }, broken), body(message(1)), body(message(9))]);
    await run.done;
    expect(run.waits).toEqual([400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 400]);
  });

  it('stays at the last known event for ephemeral messages without an id', async () => {
    const run = follow([body(`${message(3)}event: delta\ndata: {}\n\n`), body(message(9))]);
    await run.done;
    expect(run.asked).toEqual([null, '3']);
  });

  it('starts from the event it is told', async () => {
    const run = follow([body(message(9))], { lastEventId: '4' });
    await run.done;
    expect(run.asked).toEqual(['4']);
  });

  it('renews the token once after a 401 and goes on at once', async () => {
    let token = 'first';
    const run = follow([refused(401, 'identity.bad_token'), body(message(9))], {
      token: async () => token,
      refresh: async () => (token = 'second'),
    });
    await run.done;
    expect(run.tokens).toEqual(['Bearer first', 'Bearer second']);
    expect(run.waits).toEqual([]);
  });

  it('gives up when the session is over', async () => {
    const run = follow([refused(401, 'identity.bad_token')], { refresh: async () => null });
    await run.done;
    expect(run.states.at(-1)).toBe('failed');
  });

  it('gives up on a refusal that would only be repeated', async () => {
    const run = follow([refused(404, 'runs.not_found')]);
    await run.done;
    expect(run.states).toEqual(['connecting', 'failed']);
  });

  it('keeps trying while the server is overloaded or away', async () => {
    const run = follow([refused(503, 'x'), refused(429, 'x'), body(message(9))]);
    await run.done;
    expect(run.states.at(-1)).toBe('ended');
  });
});

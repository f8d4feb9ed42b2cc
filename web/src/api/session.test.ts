import { describe, expect, it, vi } from 'vitest';
import { createSession } from './session';

function setup(answers: (() => Promise<Response>)[]) {
  let now = 1_000_000;
  const stored = new Map<string, string>();
  const fetch = vi.fn(async () => {
    const answer = answers.shift();
    if (!answer) throw new Error('unexpected request');
    return answer();
  });
  const session = createSession({
    fetch: fetch as unknown as typeof globalThis.fetch,
    now: () => now,
    storage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => void stored.set(key, value) },
  });
  return { session, fetch, stored, pass: (ms: number) => (now += ms) };
}

const tokens = (accessToken: string) => async () => Response.json({ accessToken, expiresInSeconds: 600, refreshToken: null });
const ended = async () => Response.json({ code: 'identity.session_ended', detail: 'over' }, { status: 401 });

describe('the session', () => {
  it('sends one refresh for all callers of the same moment', async () => {
    const { session, fetch } = setup([tokens('a')]);
    const all = await Promise.all([session.token(), session.token(), session.refresh()]);
    expect(all).toEqual(['a', 'a', 'a']);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('keeps a token until shortly before its end, then renews it', async () => {
    const { session, fetch, pass } = setup([tokens('a'), tokens('b')]);
    expect(await session.token()).toBe('a');
    pass(500_000);
    expect(await session.token()).toBe('a');
    pass(85_000);
    expect(await session.token()).toBe('b');
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('never writes a token to storage', async () => {
    const { session, stored } = setup([tokens('secret-token')]);
    await session.token();
    expect([...stored.values()].join()).not.toContain('secret');
  });

  it('ends when the cookie is refused, and tells who listens', async () => {
    const { session } = setup([tokens('a'), ended]);
    const heard = vi.fn();
    session.onEnded(heard);
    await session.token();
    expect(await session.refresh()).toBeNull();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(session.mayHaveCookie()).toBe(false);
  });

  it('does not end because the server cannot be reached', async () => {
    const { session } = setup([tokens('a'), async () => Promise.reject(new TypeError('network')), tokens('b')]);
    const heard = vi.fn();
    session.onEnded(heard);
    await session.token();
    await expect(session.refresh()).rejects.toMatchObject({ code: 'network.unreachable' });
    expect(heard).not.toHaveBeenCalled();
    expect(await session.refresh()).toBe('b');
  });

  it('lets a sign-out win over a refresh under way', async () => {
    let answer: (response: Response) => void = () => {};
    const { session } = setup([tokens('a'), () => new Promise((resolve) => (answer = resolve))]);
    await session.token();
    const refreshing = session.refresh();
    await Promise.resolve();
    session.end();
    answer(await tokens('late')());
    expect(await refreshing).toBeNull();
  });
});

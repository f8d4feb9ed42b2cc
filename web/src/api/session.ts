import { ApiError, errorFromNetwork, errorFromResponse } from './errors';
import type { SessionTokens } from './types';

// The access token lives in this closure and nowhere else: not in storage, not in a cookie a script can read.
// The refresh token is an HttpOnly cookie the browser sends to /api/v1/auth only.

const renewBeforeMs = 20_000;
const mark = 'codexos.session'; // "in" or "out": a hint that saves a doomed refresh. It grants nothing.

export interface Session {
  /** A token good for the next seconds; refreshes first when it is about to end. Null: not signed in. */
  token(): Promise<string | null>;
  /** Gets a new access token by the cookie. Callers at the same moment share one request. */
  refresh(): Promise<string | null>;
  adopt(tokens: SessionTokens): void;
  end(): void;
  /** False after a sign-out in this browser: asking for a refresh would only be refused. */
  mayHaveCookie(): boolean;
  /** Called when the session ends, here or in another tab. */
  onEnded(listener: () => void): () => void;
}

export function createSession(deps: {
  fetch: typeof fetch;
  now: () => number;
  storage: Pick<Storage, 'getItem' | 'setItem'> | null;
}): Session {
  let accessToken: string | null = null;
  let renewAt = 0;
  let inFlight: Promise<string | null> | null = null;
  let generation = 0; // sign-in and sign-out win over a refresh that was already under way
  const listeners = new Set<() => void>();

  const adopt = (tokens: SessionTokens) => {
    generation++;
    accessToken = tokens.accessToken;
    renewAt = deps.now() + Math.max(tokens.expiresInSeconds * 1000 - renewBeforeMs, 1000);
    write('in');
  };

  const end = () => {
    generation++;
    const had = accessToken !== null;
    accessToken = null;
    write('out');
    if (had) listeners.forEach((listener) => listener());
  };

  const refresh = () => (inFlight ??= refreshOnce().finally(() => (inFlight = null)));

  const refreshOnce = async (): Promise<string | null> => {
    const before = generation;
    // Tabs take turns: each rotation of the cookie must be seen by the next tab, or it looks like a stolen token.
    const response = await acrossTabs(() =>
      deps
        .fetch('/api/v1/auth/refresh', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ transport: 'cookie' }),
        })
        .catch((cause) => {
          throw errorFromNetwork(cause);
        }),
    );
    if (generation !== before) return accessToken;
    if (response.ok) {
      adopt((await response.json()) as SessionTokens);
      return accessToken;
    }
    const error = await errorFromResponse(response);
    if (error.status !== 401 && error.status !== 403) throw error;
    end();
    return null;
  };

  const write = (value: string) => {
    try {
      deps.storage?.setItem(mark, value);
    } catch {
      // Storage is full or blocked; the mark is only a hint.
    }
  };

  return {
    token: async () => (accessToken !== null && deps.now() < renewAt ? accessToken : refresh()),
    refresh,
    adopt,
    end,
    mayHaveCookie: () => deps.storage?.getItem(mark) !== 'out',
    onEnded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function acrossTabs<T>(work: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  return locks ? ((await locks.request('codexos.refresh', work)) as T) : work();
}

function safeStorage(): Storage | null {
  try {
    return typeof window === 'undefined' ? null : window.localStorage;
  } catch {
    return null;
  }
}

export const session = createSession({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  storage: safeStorage(),
});

if (typeof window !== 'undefined')
  window.addEventListener('storage', (event) => {
    if (event.key === mark && event.newValue === 'out') session.end();
  });

export const notSignedIn = () =>
  new ApiError({ status: 401, code: 'identity.not_signed_in', message: 'You are not signed in.' });

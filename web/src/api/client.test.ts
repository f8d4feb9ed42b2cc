import { afterEach, expect, it, vi } from 'vitest';
import { call } from './client';
import { session } from './session';

afterEach(() => vi.unstubAllGlobals());

const refusal = (code: string) => Response.json({ code, detail: 'No.' }, { status: 401 });

/** A server that refuses every call with a code, and renews sessions; what it was asked. */
function refuseWith(code: string): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    return url.endsWith('/auth/refresh') ? Response.json({ accessToken: 'two', expiresInSeconds: 600 }) : refusal(code);
  });
  session.adopt({ accessToken: 'one', expiresInSeconds: 600, refreshToken: null });
  return asked;
}

it('tries a wrong code once: each try counts', async () => {
  const asked = refuseWith('identity.bad_code');
  await expect(call('POST', '/auth/step-up', { body: {} })).rejects.toMatchObject({ code: 'identity.bad_code' });
  expect(asked).toEqual(['/api/v1/auth/step-up']);
});

it('renews a token that is over, and tries once more', async () => {
  const asked = refuseWith('identity.bad_token');
  await expect(call('GET', '/auth/me')).rejects.toMatchObject({ code: 'identity.bad_token' });
  expect(asked).toEqual(['/api/v1/auth/me', '/api/v1/auth/refresh', '/api/v1/auth/me']);
});

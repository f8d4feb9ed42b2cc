import { getSetup } from '@/api/calls';
import { session } from '@/api/session';

export type Entry = 'ready' | 'setup' | 'signIn';

/** Where a visitor belongs: the first-run page, the sign-in page, or inside. */
export async function openSession(): Promise<Entry> {
  const setup = await getSetup();
  if (setup.needed) return 'setup';
  if (!session.mayHaveCookie()) return 'signIn';
  return (await session.token()) === null ? 'signIn' : 'ready';
}

let linkToken: string | null = null;

/**
 * The one-time token of the link that was opened: of the first run, of an invitation, or for a new password. It
 * comes after the `#`, which is
 * never sent to a server, and is taken out of the address bar and of the history at once.
 */
export function takeLinkToken(): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (token) {
    linkToken = token;
    window.history.replaceState(window.history.state, '', window.location.pathname);
  }
  return linkToken;
}

import { ApiError } from '@/api/errors';

/** What the server sends the browser back with after a sign-in at an identity provider. */
export type SsoAnswer = { what: 'done' } | { what: 'challenge'; challenge: string } | { what: 'refused'; error: ApiError };

// The address may be anybody's link, so it carries a code and no words.
const messages = new Map<string, string>([
  ['identity.sso_bad_state', 'This sign-in was finished already, took too long, or was begun in another browser. Begin it anew.'],
  ['identity.sso_wrong_issuer', 'The answer does not come from the identity provider that was asked. Begin the sign-in anew.'],
  ['identity.sso_refused', 'The identity provider did not sign you in. Try again there, or ask its administrator for access.'],
  ['identity.sso_email_unverified', 'The identity provider does not say that your e-mail address was verified. Verify it there.'],
  ['identity.sso_foreign_domain', 'Your e-mail address is in none of the domains that this identity provider signs in for.'],
  ['identity.sso_account_elsewhere', 'Your e-mail address has an account outside of this tenant. Ask an administrator to invite you.'],
  ['identity.sso_linked_otherwise', 'The account with your e-mail address belongs to somebody else at the identity provider.'],
  ['identity.sso_not_provisioned', 'You have no account here, and none is made at the first sign-in. Ask to be invited.'],
  ['identity.sso_no_role', 'None of your groups at the identity provider has a role here. Ask an administrator.'],
  ['identity.sso_disabled', 'Your account is disabled. Ask an administrator to enable it.'],
]);
const otherwise = 'The sign-in at the identity provider failed. Try again; an administrator finds the reason in the audit log.';

/** Reads the part of the address after the `#`, which no server sees. Null: nobody comes back from a provider. */
export function ssoAnswerOf(hash: string): SsoAnswer | null {
  const members = new URLSearchParams(hash.replace(/^#/, ''));
  const challenge = members.get('challenge');
  if (challenge) return { what: 'challenge', challenge };
  if (members.get('sso') === 'done') return { what: 'done' };
  const code = members.get('sso_error');
  if (!code) return null;
  const known = /^[a-z_.]{1,64}$/.test(code) ? code : 'identity.sso_failed';
  return { what: 'refused', error: new ApiError({ status: 401, code: known, message: messages.get(known) ?? otherwise }) };
}

let taken: SsoAnswer | null = null;

/** The same from the address bar, out of which and out of the history it is taken at once. */
export function takeSsoAnswer(): SsoAnswer | null {
  const answer = ssoAnswerOf(window.location.hash);
  if (answer) {
    taken = answer;
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  }
  return taken;
}

/** A new attempt has nothing to do with the answer before it. */
export function forgetSsoAnswer(): void {
  taken = null;
}

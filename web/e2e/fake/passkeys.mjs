// Passkeys as the real server offers them, but for the signatures, which nobody checks here.
import { id } from './state.mjs';

const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');

export function createPasskeys(Refusal, factor) {
  const passkeys = [];
  const asked = new Map(); // challenge → what the device has to sign
  const bad = () => new Refusal(
    401, 'identity.bad_passkey',
    'This passkey opens nothing here, or the prompt was answered already or too late. Try again, or use another way.',
  );

  const ask = (options) => {
    const [challenge, signed] = [id('cdk'), random()];
    asked.set(challenge, signed);
    return { challenge, expiresInSeconds: 300, options: { challenge: signed, timeout: 300_000, ...options } };
  };
  /** Uses a prompt up, and says which of the passkeys answered it. */
  const take = ({ challenge, credential }) => {
    const signed = asked.get(challenge);
    asked.delete(challenge);
    const client = JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url'));
    if (!signed || client.challenge !== signed) throw bad();
    return passkeys.find((each) => each.credential === credential.id);
  };
  const show = ({ credential, email, ...shown }) => (void credential, void email, shown);
  const allowed = () => passkeys.map((each) => ({ type: 'public-key', id: each.credential }));
  const find = (wanted) => {
    const found = passkeys.find((each) => each.id === wanted);
    if (!found) throw new Refusal(404, 'identity.passkey_not_found', 'You have no such passkey, or it was removed already.');
    return found;
  };

  return {
    passkeys,
    askToEnter: () => ask({ rpId: 'localhost', allowCredentials: [], userVerification: 'required' }),
    /** Who a passkey lets in. */
    enter: (body) => {
      const found = take(body);
      if (!found) throw bad();
      found.lastUsedAt = new Date().toISOString();
      return found.email;
    },
    /** Whether a prompt of a session was answered by a passkey. */
    confirms: (answer) => take(answer) !== undefined,
    routes: [
      ['GET', /^\/auth\/passkeys$/, () => ({ items: passkeys.map(show), nextCursor: null })],
      ['POST', /^\/auth\/step-up\/options$/, () =>
        ask({ rpId: 'localhost', allowCredentials: allowed(), userVerification: 'required' })],
      ['POST', /^\/auth\/passkeys\/options$/, ({ email, body }) => {
        if (passkeys.length === 0 && !factor.enabled && body.password !== 'correct horse battery')
          throw new Refusal(401, 'identity.bad_credentials', 'This is not your present password. Check it, and try again.');
        return ask({
          rp: { id: 'localhost', name: 'CodexOS' },
          user: { id: Buffer.from('usr_ada').toString('base64url'), name: email, displayName: 'Ada Example' },
          pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
          excludeCredentials: allowed(),
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          attestation: 'none',
        });
      }],
      ['POST', /^\/auth\/passkeys$/, ({ email, body, response }) => {
        take(body);
        const now = new Date().toISOString();
        passkeys.unshift({
          id: id('psk'), name: body.name, createdAt: now, lastUsedAt: null, syncable: false, synced: false, email,
          credential: body.credential.id,
        });
        factor.passkeys = passkeys.length;
        response.statusCode = 201;
        return show(passkeys[0]);
      }],
      ['PATCH', /^\/auth\/passkeys\/([^/]+)$/, ({ body, parts: [wanted] }) =>
        show(Object.assign(find(wanted), { name: body.name.trim() }))],
      ['DELETE', /^\/auth\/passkeys\/([^/]+)$/, ({ response, parts: [wanted] }) => {
        passkeys.splice(passkeys.indexOf(find(wanted)), 1);
        factor.passkeys = passkeys.length;
        response.statusCode = 204;
      }],
    ],
  };
}

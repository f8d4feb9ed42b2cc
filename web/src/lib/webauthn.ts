// The browser's passkeys. What goes in and comes out is JSON; a browser that cannot read and write that itself has it done here.

/** What a person is told when the browser could not do it, in place of the browser's own words. */
const refusals = new Map<string, string>([
  ['NotAllowedError', 'The browser was told no, or nobody answered in time. Try again.'],
  ['InvalidStateError', 'This device has a passkey for your account already.'],
  ['SecurityError', 'Passkeys do not work under this address. Open CodexOS under the address that its operator has set.'],
  ['NotSupportedError', 'This device cannot make a passkey that CodexOS takes. Use another device.'],
]);

export class PasskeyRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'PasskeyRefused';
  }
}

/** Whether the browser has passkeys at all. Without https it has none. */
export const hasPasskeys = () => typeof window !== 'undefined' && typeof window.PublicKeyCredential === 'function';

/** Has the device make a passkey; the options and the answer are as the server reads and writes them. */
export const makePasskey = (options: unknown) =>
  answerOf(() => navigator.credentials.create({ publicKey: creationOf(options as PublicKeyCredentialCreationOptionsJSON) }));

/** Has the person choose a passkey and the device sign with it. */
export const askForPasskey = (options: unknown) =>
  answerOf(() => navigator.credentials.get({ publicKey: requestOf(options as PublicKeyCredentialRequestOptionsJSON) }));

async function answerOf(ask: () => Promise<Credential | null>): Promise<unknown> {
  if (!hasPasskeys())
    throw new PasskeyRefused('This browser has no passkeys here. They need https and a browser of these days.');
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    throw new PasskeyRefused(wordsOf(error));
  }
  if (credential === null) throw new PasskeyRefused('The browser answered with nothing. Try again.');
  return writeCredential(credential as PublicKeyCredential);
}

/** A `DOMException` is not an `Error` in every engine. */
function wordsOf(error: unknown): string {
  const { name, message } = error as { name?: string; message?: string };
  return refusals.get(name ?? '') ?? message ?? 'The browser could not do it. Try again.';
}

function creationOf(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  if (typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function')
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  return {
    ...json,
    challenge: bytesOf(json.challenge),
    user: { ...json.user, id: bytesOf(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials),
  } as PublicKeyCredentialCreationOptions;
}

function requestOf(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  if (typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function')
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return {
    ...json,
    challenge: bytesOf(json.challenge),
    allowCredentials: descriptors(json.allowCredentials),
  } as PublicKeyCredentialRequestOptions;
}

const descriptors = (list: PublicKeyCredentialDescriptorJSON[] | undefined) =>
  list?.map((each) => ({ ...each, id: bytesOf(each.id) }));

/** As its `toJSON()` writes it, of which the server reads no more than this. */
export function writeCredential(credential: PublicKeyCredential): unknown {
  if (typeof credential.toJSON === 'function') return credential.toJSON();
  const { response } = credential;
  const common = { clientDataJSON: textOf(response.clientDataJSON) };
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response:
      'attestationObject' in response
        ? { ...common, ...attestation(response as AuthenticatorAttestationResponse) }
        : { ...common, ...assertion(response as AuthenticatorAssertionResponse) },
  };
}

const attestation = (response: AuthenticatorAttestationResponse) => ({
  attestationObject: textOf(response.attestationObject),
  transports: response.getTransports?.() ?? [],
});

const assertion = (response: AuthenticatorAssertionResponse) => ({
  authenticatorData: textOf(response.authenticatorData),
  signature: textOf(response.signature),
  userHandle: response.userHandle ? textOf(response.userHandle) : null,
});

/** base64url without padding (RFC 4648, section 5). */
export function textOf(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function bytesOf(text: string): ArrayBuffer {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}

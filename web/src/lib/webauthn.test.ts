import { afterEach, describe, expect, test, vi } from 'vitest';
import { askForPasskey, bytesOf, hasPasskeys, makePasskey, PasskeyRefused, textOf } from './webauthn';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

/** A browser of a few years ago: it has passkeys, and cannot read or write them as JSON. */
function oldBrowser(answer: () => unknown) {
  const asked: CredentialCreationOptions[] = [];
  const ask = (options: CredentialCreationOptions) => {
    asked.push(options);
    return Promise.resolve().then(answer);
  };
  vi.stubGlobal('PublicKeyCredential', class {});
  vi.stubGlobal('navigator', { credentials: { create: ask, get: ask } });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe('base64url', () => {
  test('goes there and back with every byte and every length', () => {
    for (let length = 0; length < 260; length++) {
      const data = Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256);
      const text = textOf(data.buffer);
      expect(text).not.toMatch(/[+/=]/);
      expect(new Uint8Array(bytesOf(text))).toEqual(data);
    }
  });
});

describe('a browser without its own JSON methods', () => {
  test('makes a passkey from the options of the server', async () => {
    const asked = oldBrowser(() => ({
      id: 'AQI', rawId: bytes(1, 2), type: 'public-key',
      response: { clientDataJSON: bytes(3), attestationObject: bytes(4), getTransports: () => ['internal'] },
    }));
    const answer = await makePasskey({
      challenge: 'AQID', rp: { id: 'localhost', name: 'CodexOS' }, user: { id: 'BAU', name: 'ada', displayName: 'Ada' },
      pubKeyCredParams: [], excludeCredentials: [{ id: 'Bgc', type: 'public-key' }],
    });

    const options = asked[0]!.publicKey!;
    expect(new Uint8Array(options.challenge as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    expect(new Uint8Array(options.user.id as ArrayBuffer)).toEqual(new Uint8Array([4, 5]));
    expect(new Uint8Array(options.excludeCredentials![0]!.id as ArrayBuffer)).toEqual(new Uint8Array([6, 7]));
    expect(answer).toEqual({
      id: 'AQI', rawId: 'AQI', type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON: 'Aw', attestationObject: 'BA', transports: ['internal'] },
    });
  });

  test('signs with a passkey', async () => {
    oldBrowser(() => ({
      id: 'AQI', rawId: bytes(1, 2), type: 'public-key',
      response: { clientDataJSON: bytes(3), authenticatorData: bytes(4), signature: bytes(5), userHandle: bytes(6) },
    }));
    expect(await askForPasskey({ challenge: 'AQID', rpId: 'localhost' })).toEqual({
      id: 'AQI', rawId: 'AQI', type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON: 'Aw', authenticatorData: 'BA', signature: 'BQ', userHandle: 'Bg' },
    });
  });
});

describe('what goes wrong', () => {
  test('a browser without passkeys says so', async () => {
    expect(hasPasskeys()).toBe(false);
    await expect(askForPasskey({})).rejects.toThrow('need https');
  });

  test('a prompt that was closed is told in plain words', async () => {
    oldBrowser(() => {
      throw new DOMException('The operation either timed out or was not allowed.', 'NotAllowedError');
    });
    await expect(askForPasskey({ challenge: 'AQID' })).rejects.toThrow(PasskeyRefused);
    await expect(askForPasskey({ challenge: 'AQID' })).rejects.toThrow('told no');
  });

  test('an answer of nothing is refused', async () => {
    oldBrowser(() => null);
    await expect(askForPasskey({ challenge: 'AQID' })).rejects.toThrow('nothing');
  });
});

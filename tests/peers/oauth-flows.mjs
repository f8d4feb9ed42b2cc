// An OAuth client that is made of somebody else's library and knows nothing of CodexOS but its address. It says on the standard
// output, one JSON line each, what a person has to do and what came of it; what the person did comes in on the standard input.
import { createInterface } from 'node:readline';
import * as oauth from 'openid-client';

const [flow, issuer, clientId, clientSecret] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
const hear = async () => (await lines.next()).value;

const redirectUri = 'http://127.0.0.1:43117/back';
const insecure = { execute: [oauth.allowInsecureRequests] };
const authentication = clientSecret ? oauth.ClientSecretBasic(clientSecret) : oauth.None();
const discover = (algorithm) => oauth.discovery(new URL(issuer), clientId, undefined, authentication, { ...insecure, algorithm });

async function code(config) {
  oauth.enableNonRepudiationChecks(config); // the signature of the ID token, by the published keys
  const verifier = oauth.randomPKCECodeVerifier();
  const [state, nonce] = [oauth.randomState(), oauth.randomNonce()];
  const parameters = {
    redirect_uri: redirectUri, scope: 'openid profile email agents:read', state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  };
  say({ open: oauth.buildAuthorizationUrl(config, parameters) });
  const back = new URL(await hear());
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oauth.authorizationCodeGrant(config, back, checks);
  const user = await oauth.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token);
  say({ email: user.email, scope: refreshed.scope, token: refreshed.access_token });
  await hear();
  await oauth.tokenRevocation(config, refreshed.refresh_token);
  say({ revoked: true });
}

async function device(config) {
  const asked = await oauth.initiateDeviceAuthorization(config, { scope: 'agents:read' });
  say({ enter: asked.user_code });
  const tokens = await oauth.pollDeviceAuthorizationGrant(config, asked);
  say({ scope: tokens.scope, token: tokens.access_token });
}

async function service(config) {
  const tokens = await oauth.clientCredentialsGrant(config, { scope: 'agents:read' });
  const state = await oauth.tokenIntrospection(config, tokens.access_token);
  say({ scope: state.scope, active: state.active, token: tokens.access_token });
}

async function register() {
  const metadata = { client_name: 'Interop', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' };
  const config = await oauth.dynamicClientRegistration(new URL(issuer), metadata, oauth.None(), { ...insecure, algorithm: 'oauth2' });
  await code(config);
}

const flows = {
  code: async () => code(await discover('oidc')),
  device: async () => device(await discover('oauth2')),
  service: async () => service(await discover('oauth2')),
  register,
};
await flows[flow]();
process.exit(0);

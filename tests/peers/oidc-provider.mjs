// An identity provider that is made of somebody else's library, and knows CodexOS only as one of its clients. The first line on the
// standard input says which client and which people there are; it answers with its issuer first and then with one line for each
// further line, which changes the people. Whoever the hint names is signed in without being asked.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

console.info = console.warn = console.error; // what the library warns of is no answer
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
const hear = async () => JSON.parse((await lines.next()).value ?? process.exit(0));

let serve;
const server = createServer((request, response) => serve(request, response));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://localhost:${server.address().port}`;
say({ issuer });

const key = (alg, ...how) => ({ ...generateKeyPairSync(...how).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg });
const { client, people } = await hear();
let known = people;
const find = (_, sub) => known[sub] && { accountId: sub, claims: () => ({ sub, ...known[sub] }) };

const provider = new Provider(issuer, {
  clients: [{ grant_types: ['authorization_code'], response_types: ['code'], ...client }],
  jwks: { keys: [key('ES256', 'ec', { namedCurve: 'P-256' }), key('RS256', 'rsa', { modulusLength: 2048 })] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  cookies: { keys: ['only for tests'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: (context, form) => { context.body = form; } },
  },
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // the dispatcher would not reach this very machine
  findAccount: find,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
});
const handle = provider.callback();
serve = async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return handle(request, response);
  const { params } = await provider.interactionDetails(request, response);
  const accountId = Object.keys(known).find((sub) => known[sub].email === params.login_hint);
  const outcome = accountId ? { login: { accountId } } : { error: 'access_denied' };
  return provider.interactionFinished(request, response, outcome, { mergeWithLastSubmission: false });
};

say({ ready: true });
for (;;) {
  known = (await hear()).people;
  say({ ready: true });
}

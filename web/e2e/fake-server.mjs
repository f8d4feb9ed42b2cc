// A small server with the shape of CodexOS' HTTP API and a scripted run, for looking at the pages and for
// their tests. `npm run fake` starts it on a free port; add `--first-run` to begin at the setup page.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { agentRoutes } from './fake/agents.mjs';
import { connectionRoutes, createConnections } from './fake/connections.mjs';
import { controlRoutes } from './fake/control.mjs';
import { createKnowledge, knowledgeRoutes } from './fake/knowledge.mjs';
import { oauthRoutes } from './fake/oauth.mjs';
import { createPasskeys } from './fake/passkeys.mjs';
import { addQuestion, answerOf } from './fake/question.mjs';
import { createSettings, settingsRoutes } from './fake/settings.mjs';
import { createAccess, withRole } from './fake/standing.mjs';
import { append, createRun, createState, emptyState, id, play } from './fake/state.mjs';
import { createStatic } from './fake/static.mjs';

const out = fileURLToPath(new URL('../out', import.meta.url));
const setupToken = 'first-run-token';
const resetToken = 'reset-token';
const invitationToken = 'invitation-token';

class Refusal extends Error {
  constructor(status, code, detail, extra = {}) {
    super(detail);
    Object.assign(this, { status, body: { title: detail, status, detail, code, traceId: id('trace').slice(6), ...extra } });
  }
}

export async function startFakeServer({
  port = 0, firstRun = false, pace = 1, empty = false, signedIn = false, role = 'owner', standing = withRole(role), question = false,
} = {}) {
  const serveFile = createStatic(out);
  const state = empty || firstRun ? emptyState() : createState();
  if (question) addQuestion(state);
  const settings = createSettings(empty || firstRun);
  const knowledge = createKnowledge(empty || firstRun);
  const connections = createConnections(empty || firstRun);
  const refuse = (...args) => new Refusal(...args);
  const access = createAccess(standing, settings, refuse);
  const users = new Map(firstRun ? [] : [['ada@example.org', { password: 'correct horse battery', displayName: 'Ada Example' }]]);
  const accessTokens = new Map(); // token → { user, until }
  const cookies = new Map(); // refresh token → e-mail
  const fixedCookie = id('rt');
  if (signedIn) cookies.set(fixedCookie, 'ada@example.org');

  const grant = (response, email) => {
    const accessToken = id('at');
    const refresh = id('rt');
    accessTokens.set(accessToken, email);
    cookies.set(refresh, email);
    response.setHeader('Set-Cookie', `codexos_refresh=${refresh}; HttpOnly; SameSite=Strict; Path=/api/v1/auth`);
    return { accessToken, expiresInSeconds: 600, refreshToken: null };
  };
  const whoIs = (request) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new Refusal(401, 'identity.not_signed_in', 'Sign in first.');
    const email = accessTokens.get(token);
    if (!email) throw new Refusal(401, 'identity.bad_token', 'The access token is not valid any more.');
    return email;
  };
  const runOf = (runId) => {
    const run = state.runs.get(runId);
    if (!run) throw new Refusal(404, 'runs.not_found', 'There is no such run.');
    return run;
  };
  const refreshCookie = (request) => /codexos_refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];

  const factor = {
    enabled: false, enabledAt: null, recoveryCodesLeft: 0, required: false, givenInSession: false, lockedUntil: null, passkeys: 0,
  };
  const passkeys = createPasskeys(Refusal, factor);

  const anonymous = {
    'GET /setup': () => ({ needed: users.size === 0, version: '0.1.0', passkeys: role !== 'viewer' }),
    'POST /setup': ({ body, response }) => {
      if (users.size > 0 || body.token !== setupToken)
        throw new Refusal(403, 'identity.bad_setup_token', 'This administrator link is not valid. Use the one the server printed last.');
      if ((body.password ?? '').length < 8)
        throw new Refusal(400, 'identity.invalid_request', 'The password is too short.', { errors: { password: ['Use at least 8 characters.'] } });
      users.set(body.email, { password: body.password, displayName: body.displayName });
      response.statusCode = 201;
      return grant(response, body.email);
    },
    'POST /auth/sign-in': ({ body, response }) => {
      if (users.get(body.email)?.password !== body.password)
        throw new Refusal(401, 'identity.bad_credentials', 'E-mail or password is wrong.');
      return grant(response, body.email);
    },
    'POST /auth/sign-in/passkey/options': passkeys.askToEnter,
    'POST /auth/sign-in/passkey': ({ body, response }) => grant(response, passkeys.enter(body)),
    'POST /invitations/look': ({ body }) => {
      if (body.token !== invitationToken)
        throw new Refusal(404, 'identity.bad_invitation', 'This link is not good, or no longer. Ask whoever invited you for another.');
      return { tenantName: 'Home', email: 'grace@example.org', role: 'developer', hasAccount: false, expiresAt: '2030-01-22T12:00:00Z' };
    },
    'POST /auth/password/forgotten': ({ response }) => void (response.statusCode = 202),
    'POST /auth/password/reset': ({ body, response }) => {
      if (body.token !== resetToken)
        throw new Refusal(404, 'identity.bad_reset_link', 'This link is not good, or no longer. Ask for another on the sign-in page.');
      for (const user of users.values()) user.password = body.password;
      response.statusCode = 204;
    },
    'POST /auth/refresh': ({ request, response }) => {
      const email = cookies.get(refreshCookie(request));
      if (!email) throw new Refusal(401, 'identity.session_ended', 'The session has ended. Sign in again.');
      return grant(response, email);
    },
  };

  const signedInRoutes = [
    ['POST', /^\/auth\/sign-out$/, ({ request, response }) => {
      cookies.delete(refreshCookie(request));
      response.setHeader('Set-Cookie', 'codexos_refresh=; Max-Age=0; Path=/api/v1/auth');
      response.statusCode = 204;
    }],
    ['GET', /^\/auth\/me$/, ({ email }) => ({
      user: { id: 'usr_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b', email, displayName: users.get(email).displayName },
      tenant: { id: 'ten_0198a1b2c3d47e5f8a9b0c1d2e3f4a5c', name: 'Home' }, ...standing, secondFactorNeeded: false,
    })],
    ['GET', /^\/auth\/access$/, ({ query }) => access.of(query.get('resource'))],
    ['PATCH', /^\/auth\/me$/, ({ email, body }) => Object.assign(users.get(email), { displayName: body.displayName.trim() })],
    ['POST', /^\/auth\/password$/, ({ email, body, response }) => {
      if (users.get(email).password !== body.currentPassword)
        throw new Refusal(401, 'identity.bad_credentials', 'E-mail or password is wrong.');
      users.get(email).password = body.newPassword;
      settings.sessions.splice(0, settings.sessions.length, ...settings.sessions.filter((each) => each.current));
      response.statusCode = 204;
    }],
    ...oauthRoutes(Refusal),
    ...secondFactorRoutes(factor, passkeys, settings),
    ...passkeys.routes,
    ...settingsRoutes(settings, {
      refuse,
      may: access.may,
      startRun: (kind, subject, title) => Object.assign(
        createRun(state, { input: title, workspaceId: null, model: null }),
        { kind, subject, title, subjectVersion: 1, model: null, status: 'running', startedAt: new Date().toISOString(), progress: 0 },
      ),
    }),
    ...knowledgeRoutes(knowledge, { state, refuse, access }),
    ...agentRoutes(state, access, refuse),
    ...connectionRoutes(connections, access, refuse),
    ['POST', /^\/agents\/[^/]+\/runs$/, ({ body, response }) => {
      if (body.model?.startsWith('openai:')) throw new Refusal(400, 'inference.not_configured', 'The provider "openai" has no key. Set CODEXOS__INFERENCE__OPENAI__APIKEY.');
      const run = createRun(state, { ...body, workspaceId: body.workspace ? id('wsp') : null });
      void play(run, pace);
      response.statusCode = 202;
      return run;
    }],
    ['GET', /^\/runs$/, ({ query }) => {
      const all = [...state.runs.values()].reverse()
        .filter((run) => !query.get('status') || run.status === query.get('status'))
        .filter((run) => !query.get('subject') || run.subject === query.get('subject'))
        .filter((run) => !query.get('kind') || run.kind === query.get('kind'));
      if (query.get('kind')) all[0]?.look?.();
      const limit = Number(query.get('limit') ?? 25);
      const from = Number(query.get('cursor') ?? 0);
      return { items: all.slice(from, from + limit), nextCursor: all.length > from + limit ? String(from + limit) : null };
    }],
    ['GET', /^\/runs\/([^/]+)$/, ({ parts: [runId] }) => runOf(runId)],
    ['GET', /^\/runs\/([^/]+)\/events$/, ({ parts: [runId], request, response }) => streamEvents(runOf(runId), request, response)],
    ...controlRoutes({ state, runOf, refuse }),
    ['POST', /^\/runs\/([^/]+)\/approvals\/([^/]+)$/, ({ parts: [runId, approvalId], body }) => {
      const run = runOf(runId);
      const approval = run.pendingApprovals.find((each) => each.id === approvalId);
      if (!approval) throw new Refusal(409, 'runs.approval_already_decided', 'Somebody has decided this already.');
      if (run.gate.decide) run.gate.decide(body);
      else append(run, 'approval.decided', { approvalId, approved: body.approve, by: 'Ada Example', note: body.note ?? null, ...answerOf(approval, body) });
      return { ...approval, state: body.approve ? 'approved' : 'denied' };
    }],
    ['GET', /^\/approvals$/, () => page([...state.runs.values()].flatMap((run) => run.pendingApprovals).reverse())],
    ['GET', /^\/workspaces\/samples$/, () => ({ items: [{ name: 'calc', title: 'Calculator with a failing test', description: 'A small JavaScript repository.' }] })],
    ['GET', /^\/tools$/, () => ({ items: tools })],
    ['GET', /^\/system$/, () => ({
      version: '0.1.0', database: 'sqlite', sandbox: { available: true, level: 'bubblewrap', reason: null },
      models: [
        { provider: 'scripted', configured: true, isReal: false, chats: true },
        { provider: 'replay', configured: true, isReal: false, chats: true },
        { provider: 'openai', configured: false, isReal: true, chats: true },
        { provider: 'builtin', configured: true, isReal: true, chats: false },
      ],
    })],
  ];

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x');
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(request, response);
    try {
      const path = url.pathname.slice('/api/v1'.length);
      const text = await readBody(request);
      const body = request.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : {};
      const context = { request, response, text, body, query: url.searchParams };
      const open = anonymous[`${request.method} ${path}`];
      if (open) return reply(response, open(context));
      const email = whoIs(request);
      for (const [method, pattern, handle] of signedInRoutes) {
        const match = method === request.method && pattern.exec(path);
        if (match) return reply(response, handle({ ...context, email, parts: match.slice(1).map(decodeURIComponent) }));
      }
      throw new Refusal(404, 'http.not_found', 'There is no such endpoint.');
    } catch (error) {
      response.statusCode = error.status ?? 500;
      response.setHeader('Content-Type', 'application/problem+json');
      response.end(JSON.stringify(error.body ?? { title: String(error), status: 500, code: 'fake.bug' }));
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    settings,
    knowledge,
    connections,
    passkeys: passkeys.passkeys,
    refreshCookie: fixedCookie,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
    /** Cuts every open connection, as a restart of the server does. */
    cut: () => server.closeAllConnections(),
    expireTokens: () => accessTokens.clear(),
  };
}

function secondFactorRoutes(factor, passkeys, settings) {
  const codes = () => ({ codes: Array.from({ length: 10 }, (_, at) => `recovery-${at}-7k2m-9xqa-4fvd`) });
  const square = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M1 1h2v2h-2zM5 1h2v2h-2zM1 5h2v2h-2z"/></svg>';
  return [
    ['GET', /^\/auth\/second-factor$/, () => ({ ...factor, passwordConfirms: !factor.enabled && factor.passkeys === 0 })],
    ['POST', /^\/auth\/second-factor\/totp$/, () => ({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/CodexOS', qrSvg: square })],
    ['POST', /^\/auth\/second-factor\/totp\/confirm$/, ({ body }) => {
      if (body.code !== '123456') throw new Refusal(401, 'identity.bad_code', 'This code is not right, or was used already.');
      Object.assign(factor, { enabled: true, enabledAt: new Date().toISOString(), recoveryCodesLeft: 10, givenInSession: true });
      return codes();
    }],
    ['POST', /^\/auth\/step-up$/, ({ body }) => {
      if (body.password) {
        if (body.password !== 'correct horse battery')
          throw new Refusal(401, 'identity.bad_credentials', 'This is not your present password. Check it, and try again.');
      } else if (body.passkey ? !passkeys.confirms(body.passkey) : body.code !== '123456')
        throw new Refusal(401, 'identity.bad_code', 'This code is not right, or was used already.');
      settings.confirmed = true;
      return { until: new Date(Date.now() + 300_000).toISOString() };
    }],
    ['POST', /^\/auth\/second-factor\/recovery-codes$/, codes],
    ['DELETE', /^\/auth\/second-factor$/, ({ response }) => {
      Object.assign(factor, { enabled: false, recoveryCodesLeft: 0 });
      response.statusCode = 204;
    }],
  ];
}

const page = (items) => ({ items, nextCursor: null });

function reply(response, value) {
  if (value === 'streaming') return;
  if (value === undefined || response.statusCode === 204) return response.end();
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(value));
}

async function readBody(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

function streamEvents(run, request, response) {
  const after = Number(request.headers['last-event-id'] ?? -1);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = (event) => {
    if (event.kind === 'delta') return void response.write(`event: delta\ndata: ${JSON.stringify(event.data)}\n\n`);
    response.write(`id: ${event.seq}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    if (['run.completed', 'run.failed', 'run.cancelled'].includes(event.kind)) response.end();
  };
  for (const event of run.events.filter((each) => each.seq > after)) send(event);
  run.listeners.add(send);
  const heartbeat = setInterval(() => response.write(': here\n\n'), 15_000);
  response.on('close', () => {
    clearInterval(heartbeat);
    run.listeners.delete(send);
  });
  return 'streaming';
}

const tool = (name, effect, needsSandbox, description) => ({ name, effect, needsSandbox, description, repeat: 'read', inputSchema: {} });
const tools = [
  tool('list_files', 'read', false, 'Lists files of the workspace.'), tool('read_file', 'read', false, 'Reads lines of one file.'),
  tool('search_files', 'read', false, 'Searches file contents by a pattern.'), tool('edit_file', 'reversible', false, 'Replaces a passage of a file.'),
  tool('shell', 'irreversible', true, 'Runs a command without network.'), tool('git_diff', 'read', false, 'Shows what has changed.'),
  tool('git_commit', 'irreversible', false, 'Commits the changes of the workspace.'),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv.find((each) => each.startsWith('--port='))?.slice(7) ?? 0);
  const firstRun = process.argv.includes('--first-run');
  const server = await startFakeServer({ port, firstRun });
  console.log(firstRun ? `${server.url}/setup#token=${setupToken}` : `${server.url}  ada@example.org / correct horse battery`);
}

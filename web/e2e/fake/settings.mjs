// What the settings show: people, roles, grants, keys, secrets, the audit log, quotas, tenants. Each list is an array of the
// items that the API answers with; changes work on these.
import { leafHash, pathOf, rootOf } from './merkle.mjs';
import { fixedPermissions, permissionTable } from './permissions.mjs';
import { id } from './state.mjs';

const minute = 60_000;
const day = 86_400_000;
const at = (ago) => new Date(Date.now() - ago).toISOString();
const ada = { id: 'usr_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b', name: 'Ada Example' };

const member = (email, displayName, role, more = {}) => ({
  id: id('usr'), email, displayName, role, state: 'active', secondFactor: false, passkeys: 0, joinedAt: at(40 * day), lastSeenAt: at(3 * minute), ...more,
});
const session = (client, ago, current = false) => ({
  id: id('ses'), client, createdAt: at(ago), lastUsedAt: at(ago / 9), expiresAt: at(ago - 30 * day), current, singleSignOn: current ? null : 'Staff',
});
const apiKey = (name, scopes, more = {}) => ({
  id: id('key'), name, hint: 'cdx_4fT8aZ…', owner: ada.id, ownerName: ada.name, ownerKind: 'user', scopes, state: 'active',
  createdAt: at(12 * day), expiresAt: at(-78 * day), lastUsedAt: at(25 * minute), revokedAt: null, replaces: null, replacedBy: null, ...more,
});
const secret = (name, hosts, revision) => ({
  name, hosts, header: 'Authorization', prefix: 'Bearer', allowPlainHttp: false, revision,
  createdAt: at(60 * day), createdBy: ada.name, changedAt: at(revision * day), changedBy: ada.name,
});
const keyVersion = (purpose, version, status, uses) => ({
  id: id('vky'), purpose, subject: null, version, status, uses, createdAt: at((9 - version) * day), changedAt: at(day),
});
const role = (name, description, permissions, builtIn = true) => ({
  name, description, builtIn, permissions, revision: builtIn ? 0 : 1,
});
const entry = (index, ago, action, outcome, resource, details = {}, personal = {}) => ({
  id: id('aud'), index, at: at(ago), action, outcome, actor: { kind: 'user', id: ada.id }, resource, details, personal,
});

const project = (name, title, members, things) => ({
  name, title, createdAt: at(9 * day), createdBy: ada.id,
  members: members.map(([subject, kind, who, role]) => ({ subject, kind, name: who, role, permissions: [], since: at(8 * day) })),
  things: things.map(thingOf),
});
const thingOf = (thing) => ({ thing, kind: thing.split(':')[0], name: thing.slice(thing.indexOf(':') + 1), since: at(7 * day) });
const projectView = ({ members, things, ...shown }) => ({ ...shown, membersCount: members.length, thingsCount: things.length });

const ssoDomain = (domain, verifiedAt) => ({
  domain, connection: 'sso_0198c0de', recordName: `_codexos-challenge.${domain}`, recordValue: 'codexos-domain=Zm9yIHRoZSBwYWdlcyBv',
  verifiedAt, verifiedBy: verifiedAt && 'dns',
});
const ssoConnection = (name, domains) => ({
  id: 'sso_0198c0de', name, issuer: 'https://login.example.org', clientId: 'codexos', scopes: 'openid email profile', groupsClaim: 'groups',
  groupRoles: [{ group: 'makers', role: 'developer' }], defaultRole: 'viewer', provisioning: true, enforced: true, enabled: true,
  acceptsSecondFactor: false, secondFactorAcr: null, domains, accountsCount: 41, revision: 2, createdAt: at(20 * day), changedAt: at(day),
  redirectUri: 'https://codexos.example.org/api/v1/auth/sso/sso_0198c0de/callback', postLogoutRedirectUri: 'https://codexos.example.org/sign-in',
  backchannelLogoutUri: 'https://codexos.example.org/api/v1/auth/sso/sso_0198c0de/backchannel-logout',
  signInUrl: 'https://codexos.example.org/sign-in?connection=sso_0198c0de',
});
const ssoTest = {
  works: true,
  checks: [
    { name: 'discovery', outcome: 'ok', message: 'The provider answers, and publishes 2 keys to check signatures with.' },
    { name: 'client', outcome: 'ok', message: 'The provider takes client id and secret.' },
    { name: 'sign_out', outcome: 'warning', message: 'The provider cannot be signed out of from here; it has no end_session_endpoint.' },
  ],
};

const subjectExport = (subject, ago) => ({
  runId: id('run'), subject, requestedBy: ada.id, createdAt: at(ago), expiresAt: at(ago - 7 * day), sizeBytes: 48_213,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
});
const erasure = (subject) => ({
  runId: id('run'), subject, requestedBy: ada.id, at: at(4 * day), verifierKey: 'codexos.example/ten_0198+0c9a1b2c+AXyz',
  receipt: `codexos erasure receipt\n${JSON.stringify({ subject, keysDestroyed: 1, parts: [{ part: 'trust', erased: { audit_facts: 12 }, kept: [{ what: 'audit_entries', why: 'The audit log proves who did what and must stay whole.' }] }] })}\n\n— codexos.example/ten_0198 DJobLA==\n`,
});
const hold = (kind, target, reason, liftedAt = null) => ({
  id: id('hld'), kind, target, reason, placedAt: at(12 * day), placedBy: ada.id, liftedAt, liftedBy: liftedAt && ada.id,
});
const retention = (kind, summary, days, defaultDays, daysLeast = 1) => ({
  kind, summary, days, defaultDays, isSet: days !== defaultDays, daysLeast, daysMost: 3650,
});

/** The memory of the settings; an empty one has what a server has after its first minute. */
export function createSettings(empty) {
  const roles = fixedPermissions.map(([name, description, permissions]) => role(name, description, permissions));
  const people = [{ ...member('ada@example.org', ada.name, 'owner', { secondFactor: true }), id: ada.id }];
  const bare = {
    sessions: [session('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36', 2 * 3_600_000, true)],
    members: people, invitations: [], required: false, cacheEnabled: true, roles, grants: [], projects: [], apiKeys: [], serviceAccounts: [], secrets: [], ssoConnections: [],
    subjectExports: [], erasures: [], holds: [],
    retention: [
      retention('audit_facts', 'Facts about persons in the audit log: names, addresses, devices. The entries themselves are kept for good.', null, null, 30),
      retention('exports', 'Archives of the data of persons.', 7, 7),
      retention('runs', 'Runs that have ended, with their events, payloads and archives.', empty ? null : 365, null),
      retention('sessions', 'Sessions that are over, with the names of the devices.', 90, 90),
    ],
    evidence: [],
    vaultKeys: ['tenant', 'data', 'index'].map((purpose) => keyVersion(purpose, 1, 'active', 0)),
    audit: [entry(0, 9 * minute, 'installation.set_up', 'done', { type: 'session', id: id('ses') }, {}, { address: '127.0.0.1' })],
    quotas: quotas(1, 0, 0), tenants: [tenant('Home', 1, true)], mode: mode('normal', null),
  };
  return empty ? bare : { ...bare, ...lived(people, roles) };
}

function lived(people, roles) {
  const grace = member('grace@example.org', 'Grace Hopper', 'developer', { secondFactor: true, passkeys: 2, lastSeenAt: at(2 * day) });
  const linus = member('linus.longname@engineering.example.org', 'Linus Longname-Fotheringham', 'viewer', { state: 'disabled', lastSeenAt: null });
  const crowd = Array.from({ length: 60 }, (_, at) => member(`person${at + 1}@example.org`, `Person ${at + 1}`, 'operator'));
  const deployer = { id: id('usr'), name: 'deployer', description: 'Starts the release agent from the build server.', role: 'release-manager', state: 'active', keysCount: 1, createdAt: at(20 * day) };
  const log = [
    entry(5, 2 * minute, 'secrets.reveal', 'done', { type: 'secret', id: 'github' }, { revision: '3' }),
    entry(4, 12 * minute, 'tenants.reach_across', 'denied', { type: 'agent', id: 'agt_0198' }, { operation: 'GetAgent' }),
    entry(3, 3_600_000, 'agents.apply', 'done', { type: 'agent', id: 'repo-engineer' }, { version: '2' }),
    entry(2, 2 * 3_600_000, 'sessions.sign_in', 'failed', { type: 'user', id: ada.id }, { code: 'identity.bad_credentials' }, { address: null }),
    entry(1, day, 'sessions.sign_in', 'done', { type: 'session', id: id('ses') }, {}, { address: '203.0.113.9', client: 'codexos/0.1.0' }),
    entry(0, 40 * day, 'installation.set_up', 'done', { type: 'session', id: id('ses') }, {}, { address: '127.0.0.1', client: 'Chrome' }),
  ];
  return {
    sessions: [
      session('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36', 2 * 3_600_000, true),
      session('Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1', day),
      session('codexos/0.1.0 (linux)', 6 * day),
    ],
    members: [...people, grace, linus, ...crowd],
    invitations: [{ id: id('inv'), email: 'barbara@example.org', role: 'viewer', createdAt: at(day), createdBy: ada.id, expiresAt: at(-6 * day) }],
    roles: [...roles, role('release-manager', 'Starts and approves releases.', ['agents:read', 'runs:approve', 'runs:read', 'runs:start'], false)],
    grants: [{ id: id('grt'), subject: grace.id, subjectName: grace.displayName, resource: 'agent:repo-engineer', permission: 'runs:start', createdAt: at(5 * day), createdBy: ada.id }],
    projects: [
      project('website', 'All that the public site is made with', [
        [grace.id, 'user', grace.displayName, 'admin'], [deployer.id, 'serviceAccount', 'deployer', 'operator'],
      ], ['agent:repo-engineer', 'knowledge:handbook', `workspace:${id('wsp')}`]),
      project('research', '', [], []),
    ],
    serviceAccounts: [deployer],
    apiKeys: [
      apiKey('laptop', ['agents:read', 'runs:read', 'runs:start']),
      apiKey('old script', ['runs:read'], { state: 'expired', expiresAt: at(9 * day), lastUsedAt: null }),
      apiKey('main', ['runs:start'], { owner: deployer.id, ownerName: 'deployer', ownerKind: 'serviceAccount' }),
    ],
    ssoConnections: [ssoConnection('Staff', [ssoDomain('example.org', at(9 * day)), ssoDomain('labs.example.org', null)])],
    subjectExports: [subjectExport(grace.id, 3_600_000), subjectExport(id('usr'), 5 * day)], erasures: [erasure(id('usr'))],
    holds: [hold('subject', linus.id, 'Case 2026-117, Example v. Example'), hold('tenant', null, 'Audit of the year', at(day))],
    secrets: [secret('github', ['api.github.com'], 3), secret('search', ['api.search.example.com', '*.search-cdn.example.com'], 1)],
    evidence: [bundle(id('run'), at(100 * day), at(10 * day), 2 * day)],
    vaultKeys: [keyVersion('tenant', 2, 'active', 4), keyVersion('data', 2, 'active', 118), keyVersion('data', 1, 'retiring', 7), keyVersion('tenant', 1, 'retired', 0), keyVersion('index', 1, 'active', 40)],
    audit: log, quotas: quotas(63, 12, 480),
    tenants: [tenant('Home', 63, true), tenant("Bob's workshop", 4), { ...tenant('Former customer', 0), disabledAt: at(3 * day) }],
  };
}

const tenant = (name, members, home = false) => ({ id: id('ten'), name, home, members, createdAt: at(50 * day), disabledAt: null, place: 'home' });
const shard = (name, tenants, sizeBytes) => ({ name, tenants, sizeBytes, version: 'PostgreSQL 17.2' });
const mode = (kind, reason) => ({ mode: kind, reason, changedAt: at(0), changedBy: kind === 'normal' ? 'system' : ada.id });
const quotas = (members, agents, workspaces) => [
  { name: 'active_runs', summary: 'Runs that one process works on at once.', used: 2, limit: 1000, default: 1000 },
  { name: 'agents', summary: 'Agents, whatever versions they have.', used: agents, limit: 1000, default: 1000 },
  { name: 'members', summary: 'People who belong to the tenant.', used: members, limit: 10_000, default: 10_000 },
  { name: 'workspaces', summary: 'Workspaces, forks included.', used: workspaces, limit: 500, default: 1000 },
];

const bundle = (runId, from, to, age) => ({
  runId, requestedBy: ada.id, from, to, createdAt: at(age), expiresAt: at(age - 30 * day), sizeBytes: 48_211, files: 16, sha256: 'c'.repeat(64),
});

/** Has a run come one step further each time somebody looks for the newest of its kind. */
function step(run, steps, output) {
  let done = 0;
  Object.defineProperty(run, 'look', { enumerable: false, value: () => {
    if (run.endedAt) return;
    run.progress = Math.min(++done / steps, 1);
    if (done > steps) Object.assign(run, { status: 'completed', endedAt: at(0), output });
  } });
  return run;
}

export function settingsRoutes(db, { refuse, may, startRun }) {
  const find = (list, test, what) => list.find(test) ?? (() => { throw refuse(404, `${what}.not_found`, 'There is no such thing.'); })();
  const drop = (list, test, what, response) => {
    list.splice(list.indexOf(find(list, test, what)), 1);
    response.statusCode = 204;
  };
  const confirm = () => {
    if (!db.confirmed) throw refuse(403, 'identity.password_needed', 'This asks for your password once more.');
    db.confirmed = false;
  };
  const made = (response, value) => {
    response.statusCode = 201;
    return value;
  };
  const on = (method, path, permission, handle) => [method, new RegExp(`^${path}$`), (context) => {
    if (permission && !may(permission)) throw refuse(403, 'identity.not_allowed', `Your role lacks ${permission}.`);
    return handle({ ...context, part: context.parts[0] });
  }];
  const list = (path, permission, name, filter = () => () => true) =>
    on('GET', path, permission, (context) => cut(db[name].filter(filter(context)), context.query));
  const named = (name) => (each) => each.name === name;
  const withId = (part) => (each) => each.id === part;
  const matches = (pattern, value) => pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
  const newKey = (owner, { body, response }) => {
    const key = apiKey(body.name, body.scopes, { ...owner, hint: 'cdx_new123…', createdAt: at(0), expiresAt: at(-body.expiresInDays * day), lastUsedAt: null });
    db.apiKeys.unshift(key);
    return made(response, { key: `cdx_${'new123'.padEnd(49, 'x')}`, apiKey: key });
  };
  const ofAccount = (account) => ({ owner: account.id, ownerName: account.name, ownerKind: 'serviceAccount' });
  return [
    list('/auth/sessions', null, 'sessions'),
    on('DELETE', '/auth/sessions/([^/]+)', null, ({ part, response }) => {
      confirm();
      drop(db.sessions, withId(part), 'session', response);
    }),
    on('DELETE', '/auth/sessions', null, ({ response }) => {
      confirm();
      db.sessions.splice(0, db.sessions.length, ...db.sessions.filter((each) => each.current));
      response.statusCode = 204;
    }),

    list('/members', 'members:read', 'members', ({ query }) => (each) =>
      `${each.email} ${each.displayName}`.toLowerCase().includes((query.get('search') ?? '').toLowerCase())),
    on('PATCH', '/members/([^/]+)', 'members:write', ({ part, body }) => Object.assign(find(db.members, withId(part), 'member'), body)),
    on('DELETE', '/members/([^/]+)/sessions', 'members:write', ({ part, response }) => {
      find(db.members, withId(part), 'member').lastSeenAt = null;
      response.statusCode = 204;
    }),
    on('DELETE', '/members/([^/]+)/second-factor', 'members:write', ({ part, response }) => {
      Object.assign(find(db.members, withId(part), 'member'), { secondFactor: false, passkeys: 0 });
      response.statusCode = 204;
    }),
    on('DELETE', '/members/([^/]+)', 'members:write', ({ part, response }) => drop(db.members, withId(part), 'member', response)),
    list('/invitations', 'members:read', 'invitations'),
    on('POST', '/invitations', 'members:write', ({ body, response }) => {
      if (db.members.some((each) => each.email === body.email)) throw refuse(409, 'identity.already_member', 'This person is a member already.');
      db.invitations = db.invitations.filter((each) => each.email !== body.email);
      db.invitations.unshift({ id: id('inv'), ...body, createdAt: at(0), createdBy: ada.id, expiresAt: at(-7 * day) });
      return made(response, db.invitations[0]);
    }),
    on('DELETE', '/invitations/([^/]+)', 'members:write', ({ part, response }) => drop(db.invitations, withId(part), 'invitation', response)),
    on('GET', '/sign-in-policy', 'security:read', () => ({ secondFactorRequired: db.required })),
    on('PUT', '/sign-in-policy', 'security:write', ({ body }) => ({ secondFactorRequired: (db.required = body.secondFactorRequired) })),

    on('GET', '/permissions', null, () => ({ items: permissionTable, nextCursor: null })),
    list('/roles', 'roles:read', 'roles'),
    on('GET', '/roles/([^/]+)', 'roles:read', ({ part }) => find(db.roles, named(part), 'role')),
    on('POST', '/roles', 'roles:write', ({ body, response }) => {
      if (db.roles.some(named(body.name))) throw refuse(409, 'identity.role_exists', `There is a role "${body.name}" already.`);
      db.roles.push(role(body.name, body.description, body.permissions, false));
      return made(response, db.roles.at(-1));
    }),
    on('PATCH', '/roles/([^/]+)', 'roles:write', ({ part, body }) => {
      const found = find(db.roles, named(part), 'role');
      if (found.revision !== body.revision) throw refuse(409, 'identity.role_changed', 'Somebody changed this role meanwhile.');
      return Object.assign(found, body, { revision: found.revision + 1 });
    }),
    on('DELETE', '/roles/([^/]+)', 'roles:write', ({ part, response }) => {
      if (db.serviceAccounts.some((each) => each.role === part)) throw refuse(409, 'identity.role_in_use', 'Somebody has this role. Give them another one first.');
      drop(db.roles, named(part), 'role', response);
    }),
    list('/grants', 'access:read', 'grants'),
    on('POST', '/grants', 'access:write', ({ body, response }) => {
      const subjectName = find([...db.members, ...db.serviceAccounts], withId(body.subject), 'subject');
      db.grants.unshift({ id: id('grt'), ...body, subjectName: subjectName.displayName ?? subjectName.name, createdAt: at(0), createdBy: ada.id });
      return made(response, db.grants[0]);
    }),
    on('DELETE', '/grants/([^/]+)', 'access:write', ({ part, response }) => drop(db.grants, withId(part), 'grant', response)),
    on('GET', '/access', 'access:read', ({ query }) => cut(holders(db, query), query)),
    on('GET', '/access/review', 'access:read', () => ({ entries: [] })),

    list('/api-keys', null, 'apiKeys', ({ query }) => (each) => query.get('owner') === 'all' || each.owner === ada.id),
    on('POST', '/api-keys', 'api_keys:write', (context) => newKey({}, context)),
    on('POST', '/api-keys/([^/]+)/rotate', null, ({ part, body, response }) => {
      const old = find(db.apiKeys, withId(part), 'key');
      const { id: oldId, owner, ownerName, ownerKind } = old;
      const answer = newKey(
        { owner, ownerName, ownerKind, replaces: oldId },
        { body: { name: old.name, scopes: old.scopes, expiresInDays: 90 }, response },
      );
      Object.assign(old, { replacedBy: answer.apiKey.id, expiresAt: at(-1_000 * body.overlapSeconds) });
      return answer;
    }),
    on('DELETE', '/api-keys/([^/]+)', null, ({ part, response }) => {
      Object.assign(find(db.apiKeys, withId(part), 'key'), { state: 'revoked', revokedAt: at(0) });
      response.statusCode = 204;
    }),
    on('GET', '/projects', 'projects:read', ({ query }) => cut(db.projects.map(projectView), query)),
    on('POST', '/projects', 'projects:write', ({ body, response }) => {
      if (db.projects.some(named(body.name))) throw refuse(409, 'identity.project_exists', `There is a project '${body.name}' already.`);
      db.projects.push({ ...project(body.name, body.title, [], []), createdAt: at(0) });
      return made(response, projectView(db.projects.at(-1)));
    }),
    on('GET', '/projects/([^/]+)', 'projects:read', ({ part }) => projectView(find(db.projects, named(part), 'project'))),
    on('PATCH', '/projects/([^/]+)', 'projects:write', ({ part, body }) =>
      projectView(Object.assign(find(db.projects, named(part), 'project'), body))),
    on('DELETE', '/projects/([^/]+)', 'projects:write', ({ part, response }) => drop(db.projects, named(part), 'project', response)),
    on('GET', '/projects/([^/]+)/(members|things)', 'projects:read', ({ part, parts, query }) =>
      cut(find(db.projects, named(part), 'project')[parts[1]], query)),
    on('PUT', '/projects/([^/]+)/members/([^/]+)', 'projects:write', ({ part, parts, body, response }) => {
      const { members } = find(db.projects, named(part), 'project');
      const present = members.find((each) => each.subject === parts[1]);
      if (present) return Object.assign(present, body);
      const person = db.members.find(withId(parts[1]));
      const program = person ? null : find(db.serviceAccounts, withId(parts[1]), 'subject');
      members.push({
        subject: parts[1], kind: person ? 'user' : 'serviceAccount', name: person?.displayName ?? program.name, role: body.role,
        permissions: [], since: at(0),
      });
      return made(response, members.at(-1));
    }),
    on('DELETE', '/projects/([^/]+)/members/([^/]+)', 'projects:write', ({ part, parts, response }) =>
      drop(find(db.projects, named(part), 'project').members, (each) => each.subject === parts[1], 'member', response)),
    on('PUT', '/projects/([^/]+)/things/([^/]+)', 'projects:write', ({ part, parts, response }) => {
      const thing = parts[1];
      const { things } = find(db.projects, named(part), 'project');
      if (db.projects.some((each) => each.things !== things && each.things.some((one) => one.thing === thing)))
        throw refuse(409, 'identity.thing_in_project', `${thing} lies in another project.`);
      things.push({ ...thingOf(thing), since: at(0) });
      return made(response, things.at(-1));
    }),
    on('DELETE', '/projects/([^/]+)/things/([^/]+)', 'projects:write', ({ part, parts, response }) =>
      drop(find(db.projects, named(part), 'project').things, (each) => each.thing === parts[1], 'thing', response)),
    list('/service-accounts', 'service_accounts:read', 'serviceAccounts'),
    on('POST', '/service-accounts', 'service_accounts:write', ({ body, response }) => {
      db.serviceAccounts.push({ id: id('usr'), ...body, state: 'active', keysCount: 0, createdAt: at(0) });
      return made(response, db.serviceAccounts.at(-1));
    }),
    on('GET', '/service-accounts/([^/]+)', 'service_accounts:read', ({ part }) => find(db.serviceAccounts, named(part), 'account')),
    on('PATCH', '/service-accounts/([^/]+)', 'service_accounts:write', ({ part, body }) => Object.assign(find(db.serviceAccounts, named(part), 'account'), body)),
    on('DELETE', '/service-accounts/([^/]+)', 'service_accounts:write', ({ part, response }) => drop(db.serviceAccounts, named(part), 'account', response)),
    on('GET', '/service-accounts/([^/]+)/api-keys', 'service_accounts:read', ({ part, query }) =>
      cut(db.apiKeys.filter((each) => each.owner === find(db.serviceAccounts, named(part), 'account').id), query)),
    on('POST', '/service-accounts/([^/]+)/api-keys', 'service_accounts:write', (context) =>
      newKey(ofAccount(find(db.serviceAccounts, named(context.part), 'account')), context)),

    list('/sso/connections', 'sso:read', 'ssoConnections'),
    on('POST', '/sso/connections/([^/]+)/test', 'sso:write', () => ssoTest),
    list('/secrets', 'secrets:read', 'secrets'),
    on('PUT', '/secrets/([^/]+)', 'secrets:write', ({ part, body }) => {
      const before = db.secrets.find(named(part));
      const now = { ...secret(part, body.hosts ?? [], (before?.revision ?? 0) + 1), changedAt: at(0), header: body.header ?? 'Authorization', prefix: body.prefix ?? 'Bearer', allowPlainHttp: body.allowPlainHttp ?? false };
      db.secrets = [...db.secrets.filter((each) => each !== before), now];
      return now;
    }),
    on('DELETE', '/secrets/([^/]+)', 'secrets:write', ({ part, response }) => drop(db.secrets, named(part), 'secret', response)),
    on('POST', '/secrets/([^/]+)/reveal', 'secrets:reveal', ({ part }) => ({ name: find(db.secrets, named(part), 'secret').name, value: 'ghp_not_a_real_token' })),
    list('/privacy/exports', 'privacy:read', 'subjectExports'),
    list('/privacy/erasures', 'privacy:read', 'erasures'),
    on('GET', '/privacy/erasures/([^/]+)', 'privacy:read', ({ part }) => find(db.erasures, (each) => each.runId === part, 'erasure')),
    list('/privacy/holds', 'privacy:read', 'holds'),
    on('POST', '/privacy/holds', 'holds:write', ({ body, response }) => {
      db.holds.unshift({ ...hold(body.kind, body.target, body.reason), placedAt: at(0) });
      return made(response, db.holds[0]);
    }),
    on('DELETE', '/privacy/holds/([^/]+)', 'holds:write', ({ part }) =>
      Object.assign(find(db.holds, withId(part), 'hold'), { liftedAt: at(0), liftedBy: ada.id })),
    list('/privacy/retention', 'privacy:read', 'retention'),
    on('PUT', '/privacy/retention/([^/]+)', 'retention:write', ({ part, body }) => {
      const state = find(db.retention, (each) => each.kind === part, 'retention');
      return Object.assign(state, { days: body.days ?? state.defaultDays, isSet: body.days !== null });
    }),
    on('GET', '/semantic-cache', 'policy:read', () => ({ enabled: db.cacheEnabled })),
    on('PUT', '/semantic-cache', 'policy:write', ({ body }) => ({ enabled: (db.cacheEnabled = body.enabled) })),
    list('/keys', 'keys:read', 'vaultKeys'),
    on('POST', '/keys/rotate', 'keys:rotate', ({ response }) => {
      response.statusCode = 202;
      return step(startRun('keys.rotate', 'keys', 'Rotation of the encryption keys'), 3, '3 keys wrapped and 118 values sealed anew');
    }),

    list('/audit', 'audit:read', 'audit', ({ query }) => (each) =>
      (!query.get('outcome') || each.outcome === query.get('outcome')) && (!query.get('action') || matches(query.get('action'), each.action))),
    on('GET', '/audit/log', 'audit:read', () => ({ origin, verifierKey, size: db.audit.length, root: checkpoint(leavesOf(db.audit)).root, signedSize: db.audit.length })),
    on('GET', '/audit/checkpoints', 'audit:read', ({ query }) => cut(db.audit.map((each) => checkpoint(leavesOf(db.audit).slice(0, each.index + 1))), query)),
    on('POST', '/audit/verify', 'audit:read', ({ body }) => ({ intact: body.checkpoints.length === 0, entries: db.audit.length, root: checkpoint(leavesOf(db.audit)).root, checkpoints: 6, copies: 6 + body.checkpoints.length,
      findings: body.checkpoints.map(() => ({ kind: 'checkpointContradicted', index: 4, source: 'given', message: 'The log is not the one that this checkpoint was signed for.' })) })),
    list('/evidence/bundles', 'evidence:read', 'evidence'),
    on('POST', '/evidence/bundles', 'evidence:create', ({ body, response }) => {
      response.statusCode = 202;
      const run = startRun('evidence.bundle', 'evidence', `Evidence from ${body.from} to ${body.to}`);
      db.evidence.unshift(bundle(run.id, body.from, body.to, 0));
      return step(run, 3, '16 files, 48211 bytes');
    }),
    on('DELETE', '/evidence/bundles/([^/]+)', 'evidence:create', ({ part, response }) =>
      drop(db.evidence, (each) => each.runId === part, 'evidence', response)),
    on('GET', '/audit/export', 'audit:read', () => ({ checkpoint: checkpoint(leavesOf(db.audit)).note })),
    on('GET', '/audit/([^/]+)/proof', 'audit:read', ({ part }) => {
      const { index } = find(db.audit, withId(part), 'audit');
      const leaves = leavesOf(db.audit);
      return {
        id: part, index, leaf: leaves[index], leafHash: leafHash(leaves[index]).toString('base64'), treeSize: leaves.length,
        hashes: pathOf(index, leaves).map((each) => each.toString('base64')), checkpoint: checkpoint(leaves).note, verifierKey,
      };
    }),

    list('/quotas', 'quotas:read', 'quotas'),
    list('/tenants', 'tenants:read', 'tenants'),
    on('POST', '/tenants', 'tenants:write', ({ body, response }) => {
      db.tenants.push(tenant(body.name, 0));
      return made(response, { tenant: db.tenants.at(-1), ownerLink: ownerLink() });
    }),
    on('GET', '/tenants/([^/]+)', 'tenants:read', ({ part }) => find(db.tenants, withId(part), 'tenant')),
    on('POST', '/tenants/([^/]+)/owner-link', 'tenants:write', () => ownerLink()),
    on('POST', '/tenants/([^/]+)/(enable|disable)', 'tenants:write', ({ part, parts }) =>
      Object.assign(find(db.tenants, withId(part), 'tenant'), { disabledAt: parts[1] === 'enable' ? null : at(0) })),
    on('GET', '/shards', 'tenants:read', () => ({ items: [shard('home', db.tenants.length, 812_000_000), shard('east', 0, 9_400_000)], nextCursor: null })),
    on('POST', '/tenants/([^/]+)/move', 'tenants:write', ({ part, body, response }) => {
      const moved = Object.assign(find(db.tenants, withId(part), 'tenant'), { place: body.to });
      response.statusCode = 202;
      return startRun('tenants.move', 'tenants', `Move of ${moved.name} to ${body.to}`);
    }),
    list('/tenants/[^/]+/quotas', 'tenants:read', 'quotas'),
    on('PUT', '/tenants/[^/]+/quotas/([^/]+)', 'quotas:write', ({ part, body }) => {
      const quota = find(db.quotas, named(part), 'quota');
      return Object.assign(quota, { limit: body.value ?? quota.default });
    }),
    on('GET', '/service-mode', null, () => db.mode),
    on('PUT', '/service-mode', 'service:write', ({ body }) => (db.mode = mode(body.mode, body.reason))),
  ];
}

function cut(items, query) {
  const limit = Number(query.get('limit') ?? 25);
  const from = Number(query.get('cursor') ?? 0);
  return { items: items.slice(from, from + limit), nextCursor: items.length > from + limit ? String(from + limit) : null };
}

function holders(db, query) {
  const permission = query.get('permission');
  const resource = query.get('resource');
  const roles = new Map(db.roles.map((each) => [each.name, each.permissions]));
  const subjects = [...db.members.map((each) => ({ ...each, kind: 'user', name: each.displayName })), ...db.serviceAccounts.map((each) => ({ ...each, kind: 'serviceAccount' }))];
  return subjects.map(({ id: subject, kind, name, role: held }) => ({
    subject, kind, name, role: held, byRole: roles.get(held)?.includes(permission) ?? false,
    byGrants: db.grants.filter((each) => each.subject === subject && each.permission === permission && (!resource || each.resource === resource))
      .map((each) => ({ id: each.id, resource: each.resource })),
    byProjects: [],
  })).filter((each) => each.byRole || each.byGrants.length > 0);
}

const origin = 'codexos.example/ten_0198';
const verifierKey = `${origin}+0c9a1b2c+AXyz`;
const leavesOf = (audit) => [...audit].reverse().map(({ action, id: entry }) => JSON.stringify({ action, entry, v: 1 }));
function checkpoint(leaves) {
  const size = leaves.length;
  const root = rootOf(leaves).toString('base64');
  const note = `${origin}\n${size}\n${root}\n\n— ${origin} DJobLA==\n`;
  return { size, root, note, at: at((7 - size) * minute), publishedAt: size > 5 ? null : at((7 - size) * minute) };
}
const ownerLink = () => ({ path: '/setup#token=cds_owner-link-shown-once', expiresAt: at(-3 * day) });

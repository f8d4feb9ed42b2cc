import { call, fetchFile, segment, type Query } from './client';
import type {
  AccessHolder, ApiKeySummary, AuditCheckpoint, AuditLogState, AuditProof, AuditRecord, AuditReport, Connection, CreatedApiKey, ErasureReceipt,
  Grant, Invitation, KeyVersion, LegalHold, Member, MemberState, NewConnection, OwnerLink, Page, PermissionEntry, PlaceHold,
  Project, ProjectMember, ProjectThing, QuotaState, RetentionState, Run, SecretSummary, SemanticCacheSetting, ServiceAccount, ServiceMode,
  SessionSummary, SetSecret,
  SetSsoConnection, Shard, SsoConnection, SsoConnectionTest, SsoDomain, StartErasure, TenantRole, TenantSummary,
} from './types';

// Every endpoint of the settings, one line each. What is cached, and for how long, is decided in `settings-queries.ts`.

type Signal = AbortSignal | undefined;
const itemsMax = 25;

/** A page of a list, by the cursor of the one before. */
export const listPage = <T>(path: string, query: Query, cursor: string | null, signal: Signal) =>
  call<Page<T>>('GET', path, { query: { limit: itemsMax, ...query, cursor }, signal });

export const listSessions = (signal: Signal) => call<Page<SessionSummary>>('GET', '/auth/sessions', { signal });
export const endSession = (id: string) => call<void>('DELETE', `/auth/sessions/${segment(id)}`);
export const endOtherSessions = () => call<void>('DELETE', '/auth/sessions');

export const updateMember = (id: string, change: { role?: string; state?: MemberState }) =>
  call<Member>('PATCH', `/members/${segment(id)}`, { body: change });
export const removeMember = (id: string) => call<void>('DELETE', `/members/${segment(id)}`);
export const endMemberSessions = (id: string) => call<void>('DELETE', `/members/${segment(id)}/sessions`);
export const resetSecondFactor = (id: string) => call<void>('DELETE', `/members/${segment(id)}/second-factor`);
export const invite = (email: string, role: string) =>
  call<Invitation>('POST', '/invitations', { body: { email, role } });
export const withdrawInvitation = (id: string) => call<void>('DELETE', `/invitations/${segment(id)}`);
export const getSignInPolicy = (signal: Signal) =>
  call<{ secondFactorRequired: boolean }>('GET', '/sign-in-policy', { signal });
export const setSignInPolicy = (secondFactorRequired: boolean) =>
  call<{ secondFactorRequired: boolean }>('PUT', '/sign-in-policy', { body: { secondFactorRequired } });

export const listPermissions = (signal: Signal) => call<Page<PermissionEntry>>('GET', '/permissions', { signal });
export const getRole = (name: string, signal: Signal) => call<TenantRole>('GET', `/roles/${segment(name)}`, { signal });
export const createRole = (role: { name: string; description: string; permissions: string[] }) =>
  call<TenantRole>('POST', '/roles', { body: role });
export const updateRole = (name: string, change: { description: string; permissions: string[]; revision: number }) =>
  call<TenantRole>('PATCH', `/roles/${segment(name)}`, { body: change });
export const deleteRole = (name: string) => call<void>('DELETE', `/roles/${segment(name)}`);
export const createGrant = (grant: { subject: string; resource: string; permission: string }) =>
  call<Grant>('POST', '/grants', { body: grant });
export const deleteGrant = (id: string) => call<void>('DELETE', `/grants/${segment(id)}`);
export const getProject = (name: string, signal: Signal) => call<Project>('GET', `/projects/${segment(name)}`, { signal });
export const createProject = (project: { name: string; title: string }) => call<Project>('POST', '/projects', { body: project });
export const updateProject = (name: string, change: { title: string }) =>
  call<Project>('PATCH', `/projects/${segment(name)}`, { body: change });
export const deleteProject = (name: string) => call<void>('DELETE', `/projects/${segment(name)}`);
export const setProjectMember = (project: string, subject: string, role: string) =>
  call<ProjectMember>('PUT', `/projects/${segment(project)}/members/${segment(subject)}`, { body: { role } });
export const removeProjectMember = (project: string, subject: string) =>
  call<void>('DELETE', `/projects/${segment(project)}/members/${segment(subject)}`);
export const putProjectThing = (project: string, thing: string) =>
  call<ProjectThing>('PUT', `/projects/${segment(project)}/things/${segment(thing)}`);
export const takeProjectThing = (project: string, thing: string) =>
  call<void>('DELETE', `/projects/${segment(project)}/things/${segment(thing)}`);
export const listHolders = (permission: string, resource: string, cursor: string | null, signal: Signal) =>
  listPage<AccessHolder>('/access', { permission, resource }, cursor, signal);
export const fetchAccessReview = (format: 'csv' | 'json') =>
  fetchFile('/access/review', format === 'csv' ? 'text/csv' : 'application/json', { format });

export interface NewApiKey {
  name: string;
  scopes: string[];
  expiresInDays: number;
}

export const createApiKey = (key: NewApiKey) => call<CreatedApiKey>('POST', '/api-keys', { body: key });
export const createServiceAccountKey = (account: string, key: NewApiKey) =>
  call<CreatedApiKey>('POST', `/service-accounts/${segment(account)}/api-keys`, { body: key });
export const rotateApiKey = (id: string, overlapSeconds: number) =>
  call<CreatedApiKey>('POST', `/api-keys/${segment(id)}/rotate`, { body: { overlapSeconds } });
export const revokeApiKey = (id: string) => call<void>('DELETE', `/api-keys/${segment(id)}`);
export const listApiKeys = (owner: string | undefined, cursor: string | null, signal: Signal) =>
  listPage<ApiKeySummary>('/api-keys', { owner }, cursor, signal);

export const getServiceAccount = (name: string, signal: Signal) =>
  call<ServiceAccount>('GET', `/service-accounts/${segment(name)}`, { signal });
export const createServiceAccount = (account: { name: string; description: string; role: string }) =>
  call<ServiceAccount>('POST', '/service-accounts', { body: account });
export const updateServiceAccount = (
  name: string,
  change: { description?: string; role?: string; state?: MemberState },
) => call<ServiceAccount>('PATCH', `/service-accounts/${segment(name)}`, { body: change });
export const deleteServiceAccount = (name: string) => call<void>('DELETE', `/service-accounts/${segment(name)}`);

const connection = (name: string) => `/connections/${segment(name)}`;
export const getConnection = (name: string, signal: Signal) => call<Connection>('GET', connection(name), { signal });
export const createConnection = (made: NewConnection, project: string | null) =>
  call<Connection>('POST', '/connections', { query: { project }, body: made });
export const refreshConnection = (name: string) => call<Connection>('POST', `${connection(name)}/refresh`);
export const removeConnection = (name: string) => call<void>('DELETE', connection(name));

export const setSecret = (name: string, secret: SetSecret) =>
  call<SecretSummary>('PUT', `/secrets/${segment(name)}`, { body: secret });
export const removeSecret = (name: string) => call<void>('DELETE', `/secrets/${segment(name)}`);
export const revealSecret = (name: string) => call<{ name: string; value: string }>('POST', `/secrets/${segment(name)}/reveal`);

const ssoConnection = (id: string) => `/sso/connections/${segment(id)}`;
export const createSsoConnection = (settings: SetSsoConnection) =>
  call<SsoConnection>('POST', '/sso/connections', { body: settings });
export const updateSsoConnection = (id: string, change: SetSsoConnection) =>
  call<SsoConnection>('PATCH', ssoConnection(id), { body: change });
export const deleteSsoConnection = (id: string) => call<void>('DELETE', ssoConnection(id));
export const testSsoConnection = (id: string, signal: Signal) =>
  call<SsoConnectionTest>('POST', `${ssoConnection(id)}/test`, { signal });
export const addSsoDomain = (domain: string, connection: string) =>
  call<SsoDomain>('POST', '/sso/domains', { body: { domain, connection } });
export const verifySsoDomain = (domain: string) => call<SsoDomain>('POST', `/sso/domains/${segment(domain)}/verify`);
export const removeSsoDomain = (domain: string) => call<void>('DELETE', `/sso/domains/${segment(domain)}`);
export const confirmSsoDomain = (tenant: string, domain: string) =>
  call<SsoDomain>('POST', `/tenants/${segment(tenant)}/sso-domains/${segment(domain)}/confirm`);

const once = (key: string) => ({ 'Idempotency-Key': key });

export const createEvidence = (from: string, to: string, key: string) =>
  call<Run>('POST', '/evidence/bundles', { body: { from, to }, headers: once(key) });
export const fetchEvidence = (run: string) => fetchFile(`/evidence/bundles/${segment(run)}/file`, 'application/zip');
export const deleteEvidence = (run: string) => call<void>('DELETE', `/evidence/bundles/${segment(run)}`);

export const listKeyVersions = (cursor: string | null, signal: Signal) =>
  listPage<KeyVersion>('/keys', {}, cursor, signal);
export const rotateKeys = (key: string) => call<Run>('POST', '/keys/rotate', { headers: once(key) });
export const newestRun = async (kind: string, signal: Signal) =>
  (await call<Page<Run>>('GET', '/runs', { query: { kind, limit: 1 }, signal })).items[0] ?? null;

export interface AuditFilter {
  action?: string;
  actor?: string;
  resource?: string;
  outcome?: string;
  from?: string;
  to?: string;
}

export const listAudit = (filter: AuditFilter, cursor: string | null, signal: Signal) =>
  listPage<AuditRecord>('/audit', { ...filter }, cursor, signal);
export const listCheckpointsOfAudit = (cursor: string | null, signal: Signal) =>
  listPage<AuditCheckpoint>('/audit/checkpoints', {}, cursor, signal);
export const getAuditLog = (signal: Signal) => call<AuditLogState>('GET', '/audit/log', { signal });
export const getAuditProof = (id: string, signal: Signal) =>
  call<AuditProof>('GET', `/audit/${segment(id)}/proof`, { signal });
export const verifyAudit = (checkpoints: string[]) => call<AuditReport>('POST', '/audit/verify', { body: { checkpoints } });
export const fetchAuditExport = (filter: AuditFilter) =>
  fetchFile('/audit/export', 'application/jsonl', { ...filter });

export const startSubjectExport = (subject: string, key: string) =>
  call<Run>('POST', '/privacy/exports', { body: { subject }, headers: once(key) });
export const fetchSubjectExport = (run: string) => fetchFile(`/privacy/exports/${segment(run)}/file`, 'application/zip');
export const startErasure = (erasure: StartErasure, key: string) =>
  call<Run>('POST', '/privacy/erasures', { body: erasure, headers: once(key) });
export const getErasure = (run: string, signal: Signal) =>
  call<ErasureReceipt>('GET', `/privacy/erasures/${segment(run)}`, { signal });
export const placeHold = (hold: PlaceHold) => call<LegalHold>('POST', '/privacy/holds', { body: hold });
export const liftHold = (id: string) => call<LegalHold>('DELETE', `/privacy/holds/${segment(id)}`);
export const listRetention = (signal: Signal) => call<{ items: RetentionState[] }>('GET', '/privacy/retention', { signal });
export const setRetention = (kind: string, days: number | null) =>
  call<RetentionState>('PUT', `/privacy/retention/${segment(kind)}`, { body: { days } });

export const getSemanticCache = (signal: Signal) => call<SemanticCacheSetting>('GET', '/semantic-cache', { signal });
export const setSemanticCache = (enabled: boolean) =>
  call<SemanticCacheSetting>('PUT', '/semantic-cache', { body: { enabled } });

export const listQuotas = (signal: Signal) => call<Page<QuotaState>>('GET', '/quotas', { signal });
export const getTenant = (id: string, signal: Signal) => call<TenantSummary>('GET', `/tenants/${segment(id)}`, { signal });
export const createTenant = (name: string) =>
  call<{ tenant: TenantSummary; ownerLink: OwnerLink }>('POST', '/tenants', { body: { name } });
export const createOwnerLink = (id: string) => call<OwnerLink>('POST', `/tenants/${segment(id)}/owner-link`);
export const setTenantOpen = (id: string, open: boolean) =>
  call<TenantSummary>('POST', `/tenants/${segment(id)}/${open ? 'enable' : 'disable'}`);
export const listShards = (signal: Signal) => call<Page<Shard>>('GET', '/shards', { signal });
export const moveTenant = (id: string, to: string, key: string) =>
  call<Run>('POST', `/tenants/${segment(id)}/move`, { body: { to }, headers: once(key) });
export const listTenantQuotas = (id: string, signal: Signal) =>
  call<Page<QuotaState>>('GET', `/tenants/${segment(id)}/quotas`, { signal });
export const setTenantQuota = (id: string, quota: string, value: number | null) =>
  call<void>('PUT', `/tenants/${segment(id)}/quotas/${segment(quota)}`, { body: { value } });
export const getServiceMode = (signal: Signal) => call<ServiceMode>('GET', '/service-mode', { signal });
export const changeServiceMode = (mode: ServiceMode['mode'], reason: string) =>
  call<ServiceMode>('PUT', '/service-mode', { body: { mode, reason: reason || null } });

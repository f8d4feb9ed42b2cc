import { infiniteQueryOptions, queryOptions, type QueryKey } from '@tanstack/react-query';
import { isOpen } from './queries';
import * as calls from './settings-calls';
import type {
  ApiKeySummary, Connection, ConnectionTool, ErasureReceipt, EvidenceBundle, Grant, Invitation, LegalHold, Member, Page, Project, ProjectMember, ProjectThing, SecretSummary,
  ServiceAccount, SsoConnection,  SubjectExport, TenantRole, TenantSummary,
} from './types';

// What the settings read. It changes when somebody changes it, mostly here: a change names the key that it makes stale.

export const settingsKeys = {
  sessions: ['sessions'] as const,
  members: ['members'] as const,
  invitations: ['invitations'] as const,
  signInPolicy: ['sign-in-policy'] as const,
  roles: ['roles'] as const,
  grants: ['grants'] as const,
  projects: ['projects'] as const,
  holders: ['holders'] as const,
  apiKeys: ['api-keys'] as const,
  serviceAccounts: ['service-accounts'] as const,
  connections: ['connections'] as const,
  secrets: ['secrets'] as const,
  ssoConnections: ['sso-connections'] as const,
  vaultKeys: ['vault-keys'] as const,
  audit: ['audit'] as const,
  subjectExports: ['subject-exports'] as const,
  erasures: ['erasures'] as const,
  holds: ['legal-holds'] as const,
  retention: ['retention'] as const,
  semanticCache: ['semantic-cache'] as const,
  evidence: ['evidence'] as const,
  quotas: ['quotas'] as const,
  tenants: ['tenants'] as const,
  serviceMode: ['service-mode'] as const,
};

const freshMs = 15_000;
const liveMs = 1_500; // while a run that changes something here is under way
const idleMs = 15_000; // one may be started from a terminal at any time

type LoadPage<T> = (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;

const paged = <T>(queryKey: QueryKey, load: LoadPage<T>) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam }) => load(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: freshMs,
  });

const list = <T>(queryKey: QueryKey, path: string, query: Record<string, string | number | undefined> = {}) =>
  paged<T>(queryKey, (cursor, signal) => calls.listPage<T>(path, query, cursor, signal));

const choicesMax = 500;

/** A list that is chosen from: all of it, up to what can still be chosen from. */
const choices = <T>(queryKey: QueryKey, path: string) =>
  queryOptions({
    queryKey: [...queryKey, 'choices'],
    queryFn: async ({ signal }) => {
      const items: T[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<T> = await calls.listPage<T>(path, { limit: 100 }, cursor, signal);
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null && items.length < choicesMax);
      return items;
    },
    staleTime: freshMs,
  });

const one = <T>(queryKey: QueryKey, load: (signal: AbortSignal) => Promise<T>) =>
  queryOptions({ queryKey, queryFn: ({ signal }) => load(signal), staleTime: freshMs });

export const sessionsQuery = () => one(settingsKeys.sessions, async (signal) => (await calls.listSessions(signal)).items);

export const membersQuery = (search: string) =>
  list<Member>([...settingsKeys.members, 'list', search], '/members', { search: search || undefined });
export const memberChoicesQuery = () => choices<Member>(settingsKeys.members, '/members');
export const invitationsQuery = () => list<Invitation>(settingsKeys.invitations, '/invitations');
export const signInPolicyQuery = () => one(settingsKeys.signInPolicy, calls.getSignInPolicy);

export const permissionsQuery = () =>
  queryOptions({
    queryKey: ['permissions'],
    queryFn: async ({ signal }) => (await calls.listPermissions(signal)).items,
    staleTime: Infinity,
  });
export const rolesQuery = () => choices<TenantRole>(settingsKeys.roles, '/roles');
export const roleQuery = (name: string) => one([...settingsKeys.roles, 'one', name], (signal) => calls.getRole(name, signal));
export const grantsQuery = () => list<Grant>([...settingsKeys.grants, 'list'], '/grants');
export const projectsQuery = () => list<Project>([...settingsKeys.projects, 'list'], '/projects');
export const projectChoicesQuery = () => choices<Project>(settingsKeys.projects, '/projects');
export const projectQuery = (name: string) => one([...settingsKeys.projects, 'one', name], (signal) => calls.getProject(name, signal));
export const projectMembersQuery = (name: string) =>
  list<ProjectMember>([...settingsKeys.projects, 'members', name], `/projects/${encodeURIComponent(name)}/members`);
export const projectThingsQuery = (name: string) =>
  list<ProjectThing>([...settingsKeys.projects, 'things', name], `/projects/${encodeURIComponent(name)}/things`);
export const holdersQuery = (permission: string, resource: string) =>
  paged([...settingsKeys.holders, permission, resource], (cursor, signal) =>
    calls.listHolders(permission, resource, cursor, signal));

export const apiKeysQuery = (owner: 'all' | undefined) =>
  paged([...settingsKeys.apiKeys, owner ?? 'own'], (cursor, signal) => calls.listApiKeys(owner, cursor, signal));

export const serviceAccountsQuery = () => list<ServiceAccount>([...settingsKeys.serviceAccounts, 'list'], '/service-accounts');
export const serviceAccountChoicesQuery = () => choices<ServiceAccount>(settingsKeys.serviceAccounts, '/service-accounts');
export const serviceAccountQuery = (name: string) =>
  one([...settingsKeys.serviceAccounts, 'one', name], (signal) => calls.getServiceAccount(name, signal));
export const serviceAccountKeysQuery = (name: string) =>
  list<ApiKeySummary>([...settingsKeys.apiKeys, 'of', name], `/service-accounts/${encodeURIComponent(name)}/api-keys`);

export const connectionsQuery = () => list<Connection>([...settingsKeys.connections, 'list'], '/connections');
export const connectionQuery = (name: string) =>
  one([...settingsKeys.connections, 'one', name], (signal) => calls.getConnection(name, signal));
export const connectionToolsQuery = (name: string) =>
  list<ConnectionTool>([...settingsKeys.connections, 'tools', name], `/connections/${encodeURIComponent(name)}/tools`);
export const secretsQuery = () => list<SecretSummary>(settingsKeys.secrets, '/secrets');
export const ssoConnectionsQuery = () => list<SsoConnection>(settingsKeys.ssoConnections, '/sso/connections');
export const ssoTestQuery = (id: string) =>
  queryOptions({
    queryKey: ['sso-test', id],
    queryFn: ({ signal }) => calls.testSsoConnection(id, signal),
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });

/** The newest run of a kind; null if there was none. */
export const newestRunQuery = (kind: string) =>
  queryOptions({
    queryKey: ['newest-run', kind],
    queryFn: ({ signal }) => calls.newestRun(kind, signal),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.status) ? liveMs : idleMs),
  });

export const vaultKeysQuery = () => paged(settingsKeys.vaultKeys, calls.listKeyVersions);

export const auditQuery = (filter: calls.AuditFilter) =>
  paged([...settingsKeys.audit, 'list', filter], (cursor, signal) => calls.listAudit(filter, cursor, signal));
export const auditLogQuery = () => one([...settingsKeys.audit, 'log'], calls.getAuditLog);
export const evidenceQuery = () => list<EvidenceBundle>(settingsKeys.evidence, '/evidence/bundles');
export const auditCheckpointsQuery = () => paged([...settingsKeys.audit, 'checkpoints'], calls.listCheckpointsOfAudit);
export const auditProofQuery = (id: string) =>
  one([...settingsKeys.audit, 'proof', id], (signal) => calls.getAuditProof(id, signal));

export const subjectExportsQuery = () => list<SubjectExport>(settingsKeys.subjectExports, '/privacy/exports');
export const erasuresQuery = () => list<ErasureReceipt>([...settingsKeys.erasures, 'list'], '/privacy/erasures');
export const erasureQuery = (run: string) => one([...settingsKeys.erasures, 'one', run], (signal) => calls.getErasure(run, signal));
export const holdsQuery = () => list<LegalHold>(settingsKeys.holds, '/privacy/holds');
export const semanticCacheQuery = () => one(settingsKeys.semanticCache, calls.getSemanticCache);
export const retentionQuery = () => one(settingsKeys.retention, async (signal) => (await calls.listRetention(signal)).items);

export const quotasQuery = () => one(settingsKeys.quotas, async (signal) => (await calls.listQuotas(signal)).items);
export const tenantsQuery = () => list<TenantSummary>([...settingsKeys.tenants, 'list'], '/tenants');
export const tenantQuery = (id: string) => one([...settingsKeys.tenants, 'one', id], (signal) => calls.getTenant(id, signal));
export const shardsQuery = () => one([...settingsKeys.tenants, 'shards'], async (signal) => (await calls.listShards(signal)).items);
export const tenantQuotasQuery = (id: string) =>
  one([...settingsKeys.tenants, 'quotas', id], async (signal) => (await calls.listTenantQuotas(id, signal)).items);
export const serviceModeQuery = () => one(settingsKeys.serviceMode, calls.getServiceMode);

import { call, segment } from './client';
import type { FormContent } from './question-types';
import { session } from './session';
import type {
  Agent, AgentSummary, AgentVersion, Application, Approval, AuthorizationLook, Checkpoint, DeviceQuestion, DoubtOutcome,
  ForkRequest, InvitationPreview, JoinedTenant, LimitsRequest, Me, OwnAccess, Page, Passkey, PasskeyPrompt, RollbackPlan, RollbackRequest, Run, RunStateView, SecondFactorStatus, SessionTokens, Setup,
  SignInChallenge, StartRun, SystemInfo, ToolInfo, TotpSetup, WorkspaceSample,
} from './types';
import { toldCode } from '@/lib/told-code';
import { askForPasskey, makePasskey } from '@/lib/webauthn';

// Every endpoint this UI calls, one line each; those of the settings are in `settings-calls.ts`. What is cached, and for how
// long, is decided in `queries.ts`.

type Signal = AbortSignal | undefined;

export interface NewAdministrator {
  token: string;
  email: string;
  displayName: string;
  password: string;
}

export const getSetup = (signal?: Signal) => call<Setup>('GET', '/setup', { anonymous: true, signal });

export async function createAdministrator(request: NewAdministrator): Promise<void> {
  const body = { ...request, transport: 'cookie' };
  session.adopt(await call<SessionTokens>('POST', '/setup', { anonymous: true, body }));
}

/** Signs in, or answers with the challenge of an account that has a second factor. */
export async function signIn(request: { email: string; password: string; tenant?: string }): Promise<SignInChallenge | null> {
  const body = { ...request, transport: 'cookie' };
  const answer = await call<SessionTokens | SignInChallenge>('POST', '/auth/sign-in', { anonymous: true, body });
  if ('challenge' in answer) return answer;
  session.adopt(answer);
  return null;
}

/** Finishes a sign-in with six digits of the authenticator, or with a recovery code. */
export async function finishSignIn(challenge: string, code: string): Promise<void> {
  const body = { challenge, ...toldCode(code), transport: 'cookie' };
  session.adopt(await call<SessionTokens>('POST', '/auth/sign-in/second-factor', { anonymous: true, body }));
}

/** Signs in with a passkey that the person chooses on their device. */
export async function signInWithPasskey(tenant?: string): Promise<void> {
  const body = { ...(await passkeyFor('/auth/sign-in/passkey', true)), tenant, transport: 'cookie' };
  session.adopt(await call<SessionTokens>('POST', '/auth/sign-in/passkey', { anonymous: true, body }));
}

/** Finishes a sign-in with a passkey instead of a code. */
export async function finishSignInWithPasskey(challenge: string): Promise<void> {
  const body = { challenge, passkey: await passkeyFor('/auth/sign-in/passkey', true), transport: 'cookie' };
  session.adopt(await call<SessionTokens>('POST', '/auth/sign-in/second-factor', { anonymous: true, body }));
}

/** Asks the browser for a passkey as the server wants it: what an address takes, from the address below it. */
async function passkeyFor(path: string, anonymous = false) {
  const prompt = await call<PasskeyPrompt>('POST', `${path}/options`, { anonymous });
  return { challenge: prompt.challenge, credential: await askForPasskey(prompt.options) };
}

export const lookAtInvitation = (token: string) =>
  call<InvitationPreview>('POST', '/invitations/look', { anonymous: true, body: { token } });
export const acceptInvitation = (request: { token: string; password: string; displayName?: string }) =>
  call<JoinedTenant>('POST', '/invitations/accept', { anonymous: true, body: request });
export const forgotPassword = (email: string) =>
  call<void>('POST', '/auth/password/forgotten', { anonymous: true, body: { email } });
export const resetPassword = (token: string, password: string) =>
  call<void>('POST', '/auth/password/reset', { anonymous: true, body: { token, password } });

export const lookAtAuthorization = (query: string) =>
  call<AuthorizationLook>('POST', '/oauth/authorization/look', { body: { query } });
export const decideAuthorization = (query: string, allow: boolean) =>
  call<{ redirect: string }>('POST', '/oauth/authorization/decide', { body: { query, allow } });
export const lookAtDevice = (userCode: string) => call<DeviceQuestion>('POST', '/oauth/device/look', { body: { userCode } });
export const decideDevice = (userCode: string, allow: boolean) =>
  call<void>('POST', '/oauth/device/decide', { body: { userCode, allow } });
export const listApplications = (signal?: Signal) => call<Page<Application>>('GET', '/auth/applications', { signal });
export const revokeApplication = (id: string) => call<void>('DELETE', `/auth/applications/${segment(id)}`);

export const renameMe = (displayName: string) => call<void>('PATCH', '/auth/me', { body: { displayName } });
export const changePassword = (currentPassword: string, newPassword: string) =>
  call<void>('POST', '/auth/password', { body: { currentPassword, newPassword } });

export const getSecondFactor = (signal?: Signal) => call<SecondFactorStatus>('GET', '/auth/second-factor', { signal });
export const beginTotp = (password: string) => call<TotpSetup>('POST', '/auth/second-factor/totp', { body: { password } });
export const confirmTotp = (code: string) =>
  call<{ codes: string[] }>('POST', '/auth/second-factor/totp/confirm', { body: { code } });
export const stepUp = (code: string) => call<{ until: string }>('POST', '/auth/step-up', { body: toldCode(code) });
export const confirmPassword = (password: string) => call<{ until: string }>('POST', '/auth/step-up', { body: { password } });
export const stepUpWithPasskey = async () =>
  call<{ until: string }>('POST', '/auth/step-up', { body: { passkey: await passkeyFor('/auth/step-up') } });
export const listPasskeys = (signal?: Signal) => call<Page<Passkey>>('GET', '/auth/passkeys', { signal });
export const renamePasskey = (id: string, name: string) =>
  call<Passkey>('PATCH', `/auth/passkeys/${segment(id)}`, { body: { name } });
export const removePasskey = (id: string) => call<void>('DELETE', `/auth/passkeys/${segment(id)}`);

/** Adds a passkey on the person's device; the password is asked of who has nothing to step up with. */
export async function addPasskey(name: string, password: string | undefined): Promise<Passkey> {
  const prompt = await call<PasskeyPrompt>('POST', '/auth/passkeys/options', { body: { password } });
  const credential = await makePasskey(prompt.options);
  return call<Passkey>('POST', '/auth/passkeys', { body: { challenge: prompt.challenge, credential, name } });
}

export const renewRecoveryCodes = () => call<{ codes: string[] }>('POST', '/auth/second-factor/recovery-codes');
export const removeSecondFactor = () => call<void>('DELETE', '/auth/second-factor');

/** Where the browser has to go to sign in at the identity provider of an address, or of the connection that a link names. */
export const startSso = (request: { email?: string; connection?: string; returnTo: string }) =>
  call<{ redirect: string }>('POST', '/auth/sso/start', { anonymous: true, body: request });

/** Signs out; says where to sign out at the identity provider as well, if the session came by one. */
export async function signOut(): Promise<string | null> {
  const further = await call<{ redirect: string } | undefined>('POST', '/auth/sign-out');
  session.end();
  return further?.redirect ?? null;
}

export const getMe = (signal?: Signal) => call<Me>('GET', '/auth/me', { signal });
export const getOwnAccess = (resource: string, signal?: Signal) =>
  call<OwnAccess>('GET', '/auth/access', { query: { resource }, signal });

export const listAgents = (signal?: Signal) =>
  call<Page<AgentSummary>>('GET', '/agents', { query: { limit: 100 }, signal });
export const getAgent = (agent: string, signal?: Signal) => call<Agent>('GET', `/agents/${segment(agent)}`, { signal });
export const listAgentVersions = (agent: string, cursor: string | null, signal?: Signal) =>
  call<Page<AgentVersion>>('GET', `/agents/${segment(agent)}/versions`, { query: { cursor }, signal });
export const applyAgent = (definition: string, project: string | null) =>
  call<AgentVersion>('PUT', '/agents', { query: { project }, text: { content: definition, type: 'application/yaml' } });

export const startRun = (agent: string, request: StartRun, idempotencyKey: string) =>
  call<Run>('POST', `/agents/${segment(agent)}/runs`, {
    body: request,
    headers: { 'Idempotency-Key': idempotencyKey },
  });

export interface RunFilter {
  status?: string;
  subject?: string;
}

export const listRuns = (filter: RunFilter, limit: number, cursor: string | null, signal?: Signal) =>
  call<Page<Run>>('GET', '/runs', { query: { ...filter, limit, cursor }, signal });
export const getRun = (id: string, signal?: Signal) => call<Run>('GET', `/runs/${segment(id)}`, { signal });
export const cancelRun = (id: string, reason: string | undefined, hard: boolean) =>
  call<Run>('POST', `/runs/${segment(id)}/cancel`, { body: { reason, hard } });
export const pauseRun = (id: string) => call<Run>('POST', `/runs/${segment(id)}/pause`, { body: {} });
export const resumeRun = (id: string) => call<Run>('POST', `/runs/${segment(id)}/resume`);
export const steerRun = (id: string, message: string) =>
  call<Run>('POST', `/runs/${segment(id)}/steer`, { body: { message } });
export const retryRun = (id: string, body: { note?: string; limits?: LimitsRequest }) =>
  call<Run>('POST', `/runs/${segment(id)}/retry`, { body });

export interface Resolution {
  occurrence: number;
  outcome: DoubtOutcome;
  output?: unknown;
  note?: string;
}

export const resolveStep = (id: string, step: string, body: Resolution) =>
  call<Run>('POST', `/runs/${segment(id)}/steps/${segment(step)}/resolve`, { body });

export const listCheckpoints = (id: string, cursor: string | null, signal?: Signal) =>
  call<Page<Checkpoint>>('GET', `/runs/${segment(id)}/checkpoints`, { query: { limit: 100, cursor }, signal });
export const getRunState = (id: string, seq: number, signal?: Signal) =>
  call<RunStateView>('GET', `/runs/${segment(id)}/state`, { query: { seq }, signal });
export const planRollback = (id: string, toSeq: number, signal?: Signal) =>
  call<RollbackPlan>('POST', `/runs/${segment(id)}/rollback`, { body: { toSeq, dryRun: true }, signal });
export const rollBackRun = (id: string, body: RollbackRequest) =>
  call<RollbackPlan>('POST', `/runs/${segment(id)}/rollback`, { body });
export const forkRun = (id: string, body: ForkRequest, idempotencyKey: string) =>
  call<Run>('POST', `/runs/${segment(id)}/fork`, { body, headers: { 'Idempotency-Key': idempotencyKey } });

export const listPendingApprovals = (cursor: string | null, signal?: Signal) =>
  call<Page<Approval>>('GET', '/approvals', { query: { state: 'pending', limit: 50, cursor }, signal });
export const decideApproval = (
  approval: Pick<Approval, 'id' | 'runId'>,
  body: { approve: boolean; argumentsHash: string; note?: string; content?: FormContent; dismiss?: boolean },
) => call<Approval>('POST', `/runs/${segment(approval.runId)}/approvals/${segment(approval.id)}`, { body });

export const listSamples = (signal?: Signal) =>
  call<{ items: WorkspaceSample[] }>('GET', '/workspaces/samples', { signal });
export const listTools = (signal?: Signal) => call<{ items: ToolInfo[] }>('GET', '/tools', { signal });
export const getSystem = (signal?: Signal) => call<SystemInfo>('GET', '/system', { signal });

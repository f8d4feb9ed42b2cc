// The shapes of the HTTP API as this UI uses them. Every screen imports its types from here and never from
// the generated schema, so that moving a type over to `generated/schema.d.ts` is a change of this file alone.

import type { components } from './generated/schema';
import type { Question } from './question-types';

type Schemas = components['schemas'];

/** The document lets an id be null because some use of it may be so; where it names the thing itself, it is not. */
type Named<T> = { [K in keyof T]: K extends 'id' | 'owner' | 'subject' | 'createdBy' | 'requestedBy' ? NonNullable<T[K]> : T[K] };

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Setup {
  needed: boolean;
  version: string;
  /** Whether browsers offer passkeys under the server's address. */
  passkeys: boolean;
}

export type SessionTokens = Schemas['SessionTokens'];

/** A sign-in whose password was right and that needs a second factor. */
export type SignInChallenge = Schemas['SignInChallenge'];

export interface Me {
  user: { id: string; email: string; displayName: string };
  tenant: { id: string; name: string };
  role: string;
  permissions: string[];
  /** What they may do with single things beyond that. */
  grants: { resource: string; permission: string }[];
  /** The projects that they belong to, with what their role there lets them do with the project's things. */
  projects: { name: string; role: string; permissions: string[] }[];
  /** The tenant asks for a second factor, and nothing may be done before one was given. */
  secondFactorNeeded: boolean;
}

export type OwnAccess = Schemas['OwnAccess'];

export type SecondFactorStatus = Schemas['SecondFactorStatus'];
export type TotpSetup = Schemas['TotpSetup'];

/** What a client asks of the person, or where to go without asking. */
export interface AuthorizationLook {
  question: ConsentQuestion | null;
  redirect: string | null;
  error: string | null;
  byItself: boolean;
}

export interface ConsentQuestion {
  clientName: string;
  /** It chose its own name, and nobody has looked it over. */
  selfRegistered: boolean;
  redirectHost: string;
  scopes: ConsentScope[];
  email: string;
  tenantName: string;
}

export interface ConsentScope {
  name: string;
  meaning: string;
  held: boolean;
}

export interface DeviceQuestion {
  clientName: string;
  device: string;
  /** It is to be signed in as the person. */
  everything: boolean;
  scopes: ConsentScope[];
  requestedAt: string;
  email: string;
  tenantName: string;
}

/** What the person let an application have. */
export interface Application {
  id: string;
  client: string;
  name: string;
  scopes: string[];
  allowedAt: string;
  lastUsedAt: string;
  expiresAt: string;
}

export interface InvitationPreview {
  tenantName: string;
  email: string;
  role: string;
  hasAccount: boolean;
  expiresAt: string;
}

export type JoinedTenant = Schemas['JoinedTenant'];

export interface AgentSummary {
  id: string;
  name: string;
  title: string;
  description: string;
  version: number;
  model: string;
  tools: string[];
  updatedAt: string;
}

export interface Agent extends AgentSummary {
  definition: string;
  instructions: string;
  limits: AgentLimits;
}

export interface AgentLimits {
  stepsMax: number;
  wallTimeMaxSeconds: number;
  tokensMax: number;
  costMaxMicroUsd: number;
}

export interface AgentVersion {
  agentId: string;
  name: string;
  version: number;
  createdAt: string;
  createdBy: string;
  digest: string;
  definition: string;
  changed: boolean;
}

export type WorkspaceChoice = { id: string } | { sample: string };

export interface StartRun {
  input: string;
  model?: string;
  version?: number;
  workspace?: WorkspaceChoice;
}

export const runStatuses = [
  'queued', 'running', 'paused', 'waiting', 'inDoubt', 'completed', 'failed', 'cancelled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export interface FaultInfo {
  code: string;
  kind: string;
  message: string;
}

export interface Usage {
  tokensIn: number;
  tokensOut: number;
  costMicroUsd: number;
}

export interface Preview {
  kind: string;
  diff: string;
}

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'withdrawn';

export interface Approval {
  id: string;
  runId: string;
  step: string;
  tool: string;
  title: string;
  arguments: unknown;
  argumentsHash: string;
  preview: Preview | null;
  /** Which rules the call breaks, in words; null or absent where the tool is always asked about. */
  why?: string | null;
  isViolation?: boolean;
  /** Null or absent where a person decides whether the call may begin. */
  question?: Question | null;
  requestedAt: string;
  expiresAt: string | null;
  state: ApprovalState;
}

export interface Run {
  id: string;
  kind: string;
  subject: string;
  subjectVersion: number;
  title: string;
  status: RunStatus;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  headSeq: number;
  stepsCount: number;
  tokensIn: number;
  tokensOut: number;
  costMicroUsd: number;
  workspaceId: string | null;
  model: string | null;
  modelIsReal: boolean;
  pendingApprovals: Approval[];
  output: string | null;
  fault: FaultInfo | null;
  priority: number;
  /** From 0 to 1, where that is known. */
  progress: number | null;
  /** The run that started it. */
  parentId: string | null;
  forkedFrom: string | null;
  /** The last event that it shares with the run it is a fork of. */
  forkSeq: number | null;
}

/** What a person decides about a step of which nobody knows whether it took place. */
export type DoubtOutcome = 'retry' | 'failed' | 'tookPlace' | 'compensate';

export interface LimitsRequest {
  stepsMax?: number;
  wallTimeMaxSeconds?: number;
  tokensMax?: number;
  costMaxMicroUsd?: number;
}

/** A place at which nothing was under way: a run can go back to it, or be forked there. */
export interface Checkpoint {
  seq: number;
  at: string;
  kind: string;
  step: string | null;
  stepsCount: number;
  undoable: boolean;
}

export interface RunStateView {
  runId: string;
  seq: number;
  at: string;
  /** False when the event was rolled back since. */
  counts: boolean;
  status: RunStatus;
  stepsCount: number;
  tokensIn: number;
  tokensOut: number;
  costMicroUsd: number;
  steps: { step: string; occurrence: number; phase: string; faultCode: string | null }[];
  signals: number;
  program: unknown;
}

export interface UndoneStep {
  step: string;
  occurrence: number;
  effect: string;
}

export interface RollbackPlan {
  toSeq: number;
  undo: UndoneStep[];
  irreversible: UndoneStep[];
  run: Run | null;
}

export interface RollbackRequest {
  toSeq: number;
  note?: string;
  leaveIrreversible?: boolean;
  goOn?: boolean;
}

export interface ForkRequest {
  seq: number;
  title?: string;
  message?: string;
  output?: unknown;
}

export interface WorkspaceSample {
  name: string;
  title: string;
  description: string;
}

export interface ToolInfo {
  name: string;
  description: string;
  effect: 'read' | 'reversible' | 'irreversible';
  repeat: string;
  needsSandbox: boolean;
  inputSchema: unknown;
}

export interface SystemInfo {
  version: string;
  database: string;
  sandbox: { available: boolean; level: string; reason: string | null };
  models: { provider: string; configured: boolean; isReal: boolean; chats: boolean }[];
}

export type SessionSummary = Schemas['SessionSummary'];
export type Member = Named<Schemas['Member']>;
export type Passkey = Named<Schemas['Passkey']>;
export type PasskeyPrompt = Named<Schemas['PasskeyPrompt']>;
export type MemberState = Schemas['MemberState'];
export type Invitation = Named<Schemas['Invitation']>;
export type TenantRole = Schemas['TenantRole'];
export type PermissionEntry = Schemas['PermissionEntry'];
export type Grant = Named<Schemas['Grant']>;
export type Project = Named<Schemas['Project']>;
export type ProjectMember = Named<Schemas['ProjectMember']>;
export type ProjectThing = Schemas['ProjectThing'];
export type AccessHolder = Named<Schemas['AccessHolder']>;
export type ApiKeySummary = Named<Schemas['ApiKeySummary']>;
export type CreatedApiKey = { key: string; apiKey: ApiKeySummary };
export type ServiceAccount = Named<Schemas['ServiceAccount']>;
export type SsoConnection = Schemas['SsoConnection'];
export type SsoDomain = Schemas['SsoDomain'];
export type SsoConnectionTest = Schemas['SsoConnectionTest'];
export type SetSsoConnection = Schemas['SetSsoConnectionRequest'];
export type SubjectExport = Named<Schemas['SubjectExport']>;
export type ErasureReceipt = Named<Schemas['ErasureReceipt']>;
export type StartErasure = Schemas['StartErasureRequest'];
export type LegalHold = Schemas['LegalHold'];
export type HoldKind = Schemas['HoldKind'];
export type PlaceHold = Schemas['PlaceHoldRequest'];
export type RetentionState = Schemas['RetentionState'];
export type Connection = Schemas['ConnectionView'];
export type ConnectionTool = Schemas['ConnectionTool'];
export type NewConnection = Schemas['CreateConnectionRequest'];
export type SemanticCacheSetting = Schemas['SemanticCacheSetting'];
export type SecretSummary = Schemas['SecretSummary'];
export type SetSecret = Schemas['SetSecretRequest'];
export type KeyVersion = Schemas['KeyVersion'];
export type AuditRecord = Schemas['AuditRecord'];
export type AuditProof = Schemas['AuditProof'];
export type AuditLogState = Schemas['AuditLogState'];
export type AuditCheckpoint = Schemas['AuditCheckpoint'];
export type EvidenceBundle = Named<Schemas['EvidenceBundle']>;
export type AuditReport = Schemas['AuditReport'];
export type QuotaState = Schemas['QuotaState'];
export type TenantSummary = Named<Schemas['TenantSummary']>;
export type Shard = Named<Schemas['Shard']>;
export type OwnerLink = Schemas['OwnerLink'];
export type ServiceMode = Schemas['ServiceMode'];

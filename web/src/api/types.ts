// The shapes of the HTTP API as this UI uses them. Every screen imports its types from here and never from
// the generated schema, so that moving a type over to `generated/schema.d.ts` is a change of this file alone.

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Setup {
  needed: boolean;
  version: string;
}

export interface SessionTokens {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string | null;
}

export interface Me {
  user: { id: string; email: string; displayName: string };
  tenant: { id: string; name: string };
  role: string;
  permissions: string[];
}

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

export const runStatuses = ['queued', 'running', 'waiting', 'inDoubt', 'completed', 'failed', 'cancelled'] as const;
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

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired';

export interface Approval {
  id: string;
  runId: string;
  step: string;
  tool: string;
  title: string;
  arguments: unknown;
  argumentsHash: string;
  preview: Preview | null;
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
  models: { provider: string; configured: boolean; isReal: boolean }[];
}

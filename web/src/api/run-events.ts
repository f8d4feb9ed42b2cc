import type { Question } from './question-types';
import type { DoubtOutcome, FaultInfo, Preview, Usage } from './types';

// The journal of a run, event by event. A kind this build does not know still arrives (a newer server may
// write it) and is shown in the raw journal; the fold ignores it.

export type EffectKind = 'model.chat' | 'tool.call' | 'run.child';

export interface ToolCall {
  callId: string;
  tool: string;
  arguments: unknown;
}

export interface ModelInput {
  provider: string;
  model: string;
  messagesCount: number;
  toolsCount: number;
}

export interface ModelOutput {
  text: string;
  toolCalls: ToolCall[];
  finishReason: string;
  model: string;
  isReal: boolean;
  /** Which earlier answer it is; null where the model was asked. */
  cached: { run: string; similarity: number } | null;
}

export interface ToolInput {
  tool: string;
  callId: string;
  arguments: unknown;
}

export interface ToolOutput {
  text: string;
  isError: boolean;
  truncated: boolean;
  data: unknown;
}

interface StepRef {
  step: string;
  occurrence: number;
}

export interface Progress {
  done: number;
  total: number | null;
  unit: string;
  text: string | null;
}

interface EventData {
  'run.created': {
    subject: string;
    subjectVersion: number;
    input: unknown;
    model: string | null;
    workspaceId: string | null;
    grant: unknown;
  };
  'run.claimed': { owner: string; epoch: number };
  'step.started': StepRef & { effect: EffectKind; repeat: string; key: string; input: unknown };
  'step.completed': StepRef & { output: unknown; usage: Usage | null; durationMs: number };
  /** A step the gate refused was never started; then the event itself says what it would have been. */
  'step.failed': StepRef & { fault: FaultInfo; durationMs: number; effect?: EffectKind | null; input?: unknown };
  'step.in_doubt': StepRef & { key: string; effect: EffectKind; reason: string };
  'step.resolved': StepRef & { outcome: DoubtOutcome; by: string; note?: string | null };
  'approval.requested': {
    approvalId: string;
    step: string;
    occurrence: number;
    tool: string;
    title: string;
    arguments: unknown;
    argumentsHash: string;
    preview: Preview | null;
    why?: string | null;
    isViolation?: boolean;
    /** What the step asks in its middle; it goes on running meanwhile. */
    question?: Question | null;
    expiresAt: string | null;
  };
  /** `by` is "expiry" when nobody decided in time, and "withdrawal" when the run ended or went back before. */
  'approval.decided': {
    approvalId: string;
    approved: boolean;
    by: string;
    note: string | null;
    answer?: { action: 'accept' | 'decline' | 'cancel'; content: unknown } | null;
  };
  'timer.started': { timer: string; dueAt: string };
  'timer.fired': { timer: string };
  'run.cancel_requested': { by: string; reason: string | null; hard?: boolean };
  'run.paused': { by: string; reason: string | null };
  'run.resumed': { by: string };
  'run.steered': { by: string; message: string };
  'signal.received': { signal: string; payload: unknown; by: string; key: string | null };
  'signal.awaited': { wait: string; signal: string; dueAt: string | null };
  'signal.delivered': { wait: string; signal: string; payload: unknown };
  /** The step is over when the run it started is. */
  'step.parked': StepRef & { child: string };
  'step.progressed': StepRef & { progress: Progress };
  'run.rollback_requested': { toSeq: number; by: string; note: string | null; leaveIrreversible: boolean; goOn: boolean };
  /** The events between `toSeq` and this one count for nothing any more. */
  'run.rolled_back': { toSeq: number; by: string };
  'run.rollback_failed': { toSeq: number; step: string; fault: FaultInfo };
  /** `voids`: the events that count for nothing any more, which are the failures and the end. */
  'run.retried': { voids: number[]; by: string; note: string | null };
  /** Everything up to `seq` happened in the run `from`. */
  'run.forked': { from: string; seq: number; by: string; title: string; input: unknown };
  'run.upgraded': { fromVersion: number; toVersion: number; by: string };
  'run.completed': { output: unknown };
  'run.failed': { fault: FaultInfo };
  'run.cancelled': { by: string; reason: string | null };
}

export type RunEventKind = keyof EventData;

export type RunEvent = {
  [K in RunEventKind]: { seq: number; kind: K; at: string; data: EventData[K] };
}[RunEventKind];

/**
 * Streamed model text. It has no sequence number and is never needed for truth: the completed step has it all.
 * A new connection gets the text from its beginning; `offset` is how much of it comes before the piece.
 */
export interface TextDelta {
  step: string;
  text: string;
  offset: number;
}

import type { EffectKind, RunEvent } from '@/api/run-events';
import type { ApprovalState, FaultInfo, Preview, RunStatus, Usage } from '@/api/types';

/** `stopped`: the run ended, or the step was begun anew, while this one was under way. */
export type StepState = 'running' | 'completed' | 'failed' | 'inDoubt' | 'stopped';

/** What keeps a run from being simply "running": one entry for each step or timer that is open. */
export type Opening = 'started' | 'inDoubt' | 'waiting';

export interface StepItem {
  kind: 'step';
  key: string;
  step: string;
  occurrence: number;
  effect: EffectKind;
  repeat: string;
  idempotencyKey: string;
  state: StepState;
  /** More than one after a restart repeated a step that is safe to repeat. */
  attempts: number;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  input: unknown;
  output: unknown;
  usage: Usage | null;
  fault: FaultInfo | null;
  doubt: string | null;
  resolution: { outcome: 'retry' | 'failed'; by: string } | null;
}

export interface ApprovalItem {
  kind: 'approval';
  key: string;
  approvalId: string;
  step: string;
  occurrence: number;
  tool: string;
  title: string;
  arguments: unknown;
  argumentsHash: string;
  preview: Preview | null;
  requestedAt: string;
  expiresAt: string | null;
  state: ApprovalState;
  decidedAt: string | null;
  decidedBy: string | null;
  note: string | null;
}

export interface NoteItem {
  kind: 'note';
  key: string;
  at: string;
  tone: 'plain' | 'warn' | 'bad' | 'ok';
  text: string;
}

export type TimelineItem = StepItem | ApprovalItem | NoteItem;

export interface Timeline {
  items: readonly TimelineItem[];
  /** Model text of steps that have not completed, by step id. */
  streaming: ReadonlyMap<string, string>;
  events: readonly RunEvent[];
  /** Where in `items` each key stands; items are only ever added, so a place never moves. */
  places: ReadonlyMap<string, number>;
  open: ReadonlyMap<string, Opening>;
  lastSeq: number;
  status: RunStatus | null;
  input: string | null;
  output: string | null;
  fault: FaultInfo | null;
  startedAt: string | null;
  endedAt: string | null;
  stepsCount: number;
  tokensIn: number;
  tokensOut: number;
  costMicroUsd: number;
  /** The journal has its last event; nothing more will come. */
  isComplete: boolean;
}

export const emptyTimeline: Timeline = {
  items: [], streaming: new Map(), events: [], places: new Map(), open: new Map(), lastSeq: -1, status: null, input: null, output: null, fault: null,
  startedAt: null, endedAt: null, stepsCount: 0, tokensIn: 0, tokensOut: 0, costMicroUsd: 0, isComplete: false,
};

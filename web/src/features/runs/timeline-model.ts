import type { EffectKind, Progress, RunEvent } from '@/api/run-events';
import type { Question } from '@/api/question-types';
import type { ApprovalState, DoubtOutcome, FaultInfo, Preview, RunStatus, Usage } from '@/api/types';

/**
 * `parked`: it waits for the run that it started. `stopped`: the run ended, or the step was begun anew, while this
 * one was under way.
 */
export type StepState = 'running' | 'parked' | 'completed' | 'failed' | 'inDoubt' | 'stopped';

/** What keeps a run from being simply "running": one entry for each step, timer or signal that is open. */
export type Opening = 'started' | 'inDoubt' | 'waiting';

/** Which event took another out of the count, and how. */
export interface Voiding {
  how: 'rollback' | 'retry';
  seq: number;
}

interface ItemBase {
  key: string;
  /** The event that it began with. */
  seq: number;
  voided: Voiding | null;
}

export interface StepItem extends ItemBase {
  kind: 'step';
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
  /** The event that it was over with. */
  endSeq: number | null;
  durationMs: number | null;
  input: unknown;
  output: unknown;
  usage: Usage | null;
  fault: FaultInfo | null;
  doubt: string | null;
  resolution: { outcome: DoubtOutcome; by: string } | null;
  /** The run that it waits for. */
  child: string | null;
  progress: Progress | null;
}

export interface ApprovalItem extends ItemBase {
  kind: 'approval';
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
  question?: Question | null;
  requestedAt: string;
  expiresAt: string | null;
  state: ApprovalState;
  decidedAt: string | null;
  decidedBy: string | null;
  note: string | null;
}

export interface NoteItem extends ItemBase {
  kind: 'note';
  at: string;
  tone: 'plain' | 'warn' | 'bad' | 'ok';
  text: string;
  /** Words that somebody said. */
  quote?: string;
  /** A run that it is about. */
  run?: string;
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
  /** The events that count for nothing but budgets any more. */
  voids: ReadonlyMap<number, Voiding>;
  lastSeq: number;
  status: RunStatus | null;
  /** Somebody took it up, or a step of it has begun. */
  isBegun: boolean;
  isPaused: boolean;
  /** What it did is being undone. */
  isRollingBack: boolean;
  /** From 0 to 1, where that is known. */
  progress: number | null;
  /** Up to here everything happened in the other run. */
  fork: { run: string; seq: number } | null;
  input: string | null;
  output: string | null;
  fault: FaultInfo | null;
  startedAt: string | null;
  endedAt: string | null;
  stepsCount: number;
  tokensIn: number;
  tokensOut: number;
  costMicroUsd: number;
  /** The run has ended; only a retry or a rollback makes more come. */
  isComplete: boolean;
}

export const emptyTimeline: Timeline = {
  items: [], streaming: new Map(), events: [], places: new Map(), open: new Map(), voids: new Map(), lastSeq: -1,
  status: null, isBegun: false, isPaused: false, isRollingBack: false, progress: null, fork: null, input: null,
  output: null, fault: null, startedAt: null, endedAt: null, stepsCount: 0, tokensIn: 0, tokensOut: 0,
  costMicroUsd: 0, isComplete: false,
};

/** A timeline while events are being folded into it. */
export type Draft = { -readonly [K in keyof Timeline]: Timeline[K] } & {
  items: TimelineItem[];
  events: RunEvent[];
  streaming: Map<string, string>;
  places: Map<string, number>;
  open: Map<string, Opening>;
  voids: Map<number, Voiding>;
};

export const draftOf = (timeline: Timeline): Draft => ({
  ...timeline,
  items: [...timeline.items],
  events: [...timeline.events],
  streaming: new Map(timeline.streaming),
  places: new Map(timeline.places),
  open: new Map(timeline.open),
  voids: new Map(timeline.voids),
});

import type { EffectKind, RunEvent, TextDelta } from '@/api/run-events';
import type { ApprovalState, FaultInfo, Preview, RunStatus, Usage } from '@/api/types';

// The view of a run is a fold over its journal, exactly as the run itself is. Nothing here reads a clock or
// asks the server: the same events always give the same picture, after a reload as in a live page.

export type StepState = 'running' | 'completed' | 'failed' | 'inDoubt';

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
  items: [], streaming: new Map(), events: [], places: new Map(), lastSeq: 0, status: null, input: null, output: null, fault: null,
  startedAt: null, endedAt: null, stepsCount: 0, tokensIn: 0, tokensOut: 0, costMicroUsd: 0, isComplete: false,
};

const streamedTextMax = 200_000;

/** Folds a batch of events. One copy of the lists per batch, so that a long replay stays linear. */
export function foldEvents(timeline: Timeline, batch: readonly RunEvent[]): Timeline {
  const fresh = batch.filter((event) => event.seq > timeline.lastSeq);
  if (fresh.length === 0) return timeline;
  const next: Draft = {
    ...timeline,
    items: [...timeline.items],
    events: [...timeline.events],
    streaming: new Map(timeline.streaming),
    places: new Map(timeline.places),
  };
  for (const event of fresh) {
    if (event.seq <= next.lastSeq) continue; // twice in one batch
    next.lastSeq = event.seq;
    next.events.push(event);
    apply(next, event);
  }
  return next;
}

export function foldDeltas(timeline: Timeline, deltas: readonly TextDelta[]): Timeline {
  if (deltas.length === 0 || timeline.isComplete) return timeline;
  const streaming = new Map(timeline.streaming);
  for (const { step, text } of deltas) {
    const known = streaming.get(step) ?? '';
    if (known.length < streamedTextMax) streaming.set(step, known + text);
  }
  return { ...timeline, streaming };
}

/** After a lost connection some deltas never arrive; a text with holes is worse than none. */
export function dropDeltas(timeline: Timeline): Timeline {
  return timeline.streaming.size === 0 ? timeline : { ...timeline, streaming: new Map() };
}

type Draft = { -readonly [K in keyof Timeline]: Timeline[K] } & {
  items: TimelineItem[];
  events: RunEvent[];
  streaming: Map<string, string>;
  places: Map<string, number>;
};

const keyOf = (step: string, occurrence: number) => `${step}#${occurrence}`;

function apply(next: Draft, event: RunEvent): void {
  switch (event.kind) {
    case 'run.created':
      next.status = 'queued';
      next.input = typeof event.data.input === 'string' ? event.data.input : JSON.stringify(event.data.input, null, 2);
      return;
    case 'run.claimed':
      if (next.status === 'queued' || next.status === null) next.status = 'running';
      next.startedAt ??= event.at;
      if (event.data.epoch > 1) note(next, event, 'warn', 'The server came back and went on from the journal.');
      return;
    case 'step.started':
      next.startedAt ??= event.at;
      next.status = 'running';
      return startStep(next, event);
    case 'step.completed': {
      const { usage, output, durationMs } = event.data;
      next.stepsCount++;
      next.tokensIn += usage?.tokensIn ?? 0;
      next.tokensOut += usage?.tokensOut ?? 0;
      next.costMicroUsd += usage?.costMicroUsd ?? 0;
      next.streaming.delete(event.data.step);
      return changeStep(next, event.data, { state: 'completed', output, usage, durationMs, endedAt: event.at });
    }
    case 'step.failed': {
      const { fault, durationMs } = event.data;
      next.stepsCount++;
      next.streaming.delete(event.data.step);
      return changeStep(next, event.data, { state: 'failed', fault, durationMs, endedAt: event.at });
    }
    case 'step.in_doubt':
      next.status = 'inDoubt';
      next.streaming.delete(event.data.step);
      return changeStep(next, event.data, { state: 'inDoubt', doubt: event.data.reason, resolution: null });
    case 'step.resolved': {
      const { outcome, by } = event.data;
      next.status = 'running';
      const state = outcome === 'retry' ? 'running' : 'failed';
      return changeStep(next, event.data, { state, resolution: { outcome, by } });
    }
    case 'approval.requested':
      next.status = 'waiting';
      add(next, {
        kind: 'approval', key: event.data.approvalId, requestedAt: event.at, state: 'pending',
        decidedAt: null, decidedBy: null, note: null, ...event.data,
      });
      return;
    case 'approval.decided':
      if (next.status === 'waiting') next.status = 'running';
      return decide(next, event);
    case 'run.cancel_requested':
      return note(next, event, 'warn', `${event.data.by} asked to cancel${because(event.data.reason)}`);
    case 'run.completed':
      next.output = event.data.output;
      note(next, event, 'ok', 'The run completed.');
      return finish(next, event.at, 'completed');
    case 'run.failed':
      next.fault = event.data.fault;
      note(next, event, 'bad', 'The run failed.');
      return finish(next, event.at, 'failed');
    case 'run.cancelled':
      note(next, event, 'plain', `Cancelled by ${event.data.by}${because(event.data.reason)}`);
      return finish(next, event.at, 'cancelled');
    default:
      return; // a kind of a newer server: it stays visible in the journal
  }
}

const because = (reason: string | null) => (reason ? `: ${reason}` : '.');

function startStep(next: Draft, event: Extract<RunEvent, { kind: 'step.started' }>): void {
  const { step, occurrence, effect, repeat, key, input } = event.data;
  const at = findStep(next, step, occurrence);
  const known = at === null ? null : next.items[at];
  if (at !== null && known?.kind === 'step') {
    next.items[at] = {
      ...known, state: 'running', attempts: known.attempts + 1, startedAt: event.at, endedAt: null, durationMs: null,
      doubt: null, input,
    };
    return;
  }
  add(next, {
    kind: 'step', key: keyOf(step, occurrence), step, occurrence, effect, repeat, idempotencyKey: key, state: 'running',
    attempts: 1, startedAt: event.at, endedAt: null, durationMs: null, input, output: null, usage: null, fault: null,
    doubt: null, resolution: null,
  });
}

function changeStep(next: Draft, ref: { step: string; occurrence: number }, change: Partial<StepItem>): void {
  const at = findStep(next, ref.step, ref.occurrence);
  const known = at === null ? null : next.items[at];
  if (at !== null && known?.kind === 'step') next.items[at] = { ...known, ...change };
}

function findStep(next: Draft, step: string, occurrence: number): number | null {
  return next.places.get(keyOf(step, occurrence)) ?? null;
}

function add(next: Draft, item: TimelineItem): void {
  next.places.set(item.key, next.items.length);
  next.items.push(item);
}

function decide(next: Draft, event: Extract<RunEvent, { kind: 'approval.decided' }>): void {
  const { approvalId, approved, by, note: words } = event.data;
  const at = next.places.get(approvalId);
  const known = at === undefined ? undefined : next.items[at];
  if (at === undefined || known?.kind !== 'approval') return;
  const state: ApprovalState = approved ? 'approved' : by === null ? 'expired' : 'denied';
  next.items[at] = { ...known, state, decidedAt: event.at, decidedBy: by, note: words };
}

function note(next: Draft, event: RunEvent, tone: NoteItem['tone'], text: string): void {
  add(next, { kind: 'note', key: `note-${event.seq}`, at: event.at, tone, text });
}

function finish(next: Draft, at: string, status: RunStatus): void {
  next.status = status;
  next.endedAt = at;
  next.isComplete = true;
  next.streaming.clear();
}

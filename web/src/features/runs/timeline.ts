import type { RunEvent, TextDelta } from '@/api/run-events';
import { formatDateTime } from '@/lib/format';
import { asText, isRecord, prettyJson } from '@/lib/json';
import type { ApprovalState, RunStatus } from '@/api/types';
import type { NoteItem, Opening, StepItem, Timeline, TimelineItem } from './timeline-model';

// The view of a run is a fold over its journal, exactly as the run itself is. Nothing here reads a clock or
// asks the server: the same events always give the same picture, after a reload as in a live page.

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
    open: new Map(timeline.open),
  };
  for (const event of fresh) {
    if (event.seq <= next.lastSeq) continue; // twice in one batch
    next.lastSeq = event.seq;
    next.events.push(event);
    apply(next, event);
    if (!next.isComplete && next.status !== null && next.status !== 'queued') next.status = statusOf(next.open);
  }
  return next;
}

export function foldDeltas(timeline: Timeline, deltas: readonly TextDelta[]): Timeline {
  if (deltas.length === 0 || timeline.isComplete) return timeline;
  const streaming = new Map(timeline.streaming);
  for (const { step, text, offset } of deltas) {
    const known = streaming.get(step) ?? '';
    // The server keeps the end of a long text only; what is missing before it is shown as such.
    const before = offset > known.length ? (known === '' ? '… ' : known) : known.slice(0, offset);
    if (known.length < streamedTextMax) streaming.set(step, before + text);
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
  open: Map<string, Opening>;
};

/** The same rule by which the server tells the state of a run from its open steps. */
function statusOf(open: ReadonlyMap<string, Opening>): RunStatus {
  const openings = new Set(open.values());
  if (openings.has('started')) return 'running';
  if (openings.has('inDoubt')) return 'inDoubt';
  return openings.has('waiting') ? 'waiting' : 'running';
}

const keyOf = (step: string, occurrence: number) => `${step}#${occurrence}`;

function apply(next: Draft, event: RunEvent): void {
  switch (event.kind) {
    case 'run.created':
      next.status = 'queued';
      next.input = taskOf(event.data.input);
      return;
    case 'run.claimed':
      if (next.status === 'queued' || next.status === null) next.status = 'running';
      // A run that only waited is claimed anew as well; what is worth a word is that a step was cut off.
      if ([...next.open.values()].includes('started'))
        note(next, event, 'warn', 'The server came back and went on from the journal.');
      return;
    case 'step.started':
      next.status = 'running';
      next.startedAt ??= event.at;
      next.stepsCount++;
      return startStep(next, event);
    case 'step.completed': {
      const { usage, output, durationMs } = event.data;
      next.tokensIn += usage?.tokensIn ?? 0;
      next.tokensOut += usage?.tokensOut ?? 0;
      next.costMicroUsd += usage?.costMicroUsd ?? 0;
      next.streaming.delete(event.data.step);
      return changeStep(next, event.data, { state: 'completed', output, usage, durationMs, endedAt: event.at });
    }
    case 'step.failed': {
      const { fault, durationMs } = event.data;
      next.streaming.delete(event.data.step);
      if (findStep(next, event.data) === null) addRefused(next, event);
      return changeStep(next, event.data, { state: 'failed', fault, durationMs, endedAt: event.at });
    }
    case 'step.in_doubt':
      next.streaming.delete(event.data.step);
      return changeStep(next, event.data, { state: 'inDoubt', doubt: event.data.reason, resolution: null });
    case 'step.resolved': {
      const { outcome, by } = event.data;
      const state = outcome === 'retry' ? 'stopped' : 'failed'; // a retry is a new occurrence, a row of its own
      return changeStep(next, event.data, { state, resolution: { outcome, by } });
    }
    case 'approval.requested':
      next.open.set(keyOf(event.data.step, event.data.occurrence), 'waiting');
      add(next, {
        kind: 'approval', key: event.data.approvalId, requestedAt: event.at, state: 'pending',
        decidedAt: null, decidedBy: null, note: null, ...event.data,
      });
      return;
    case 'approval.decided':
      return decide(next, event);
    case 'timer.started':
      next.open.set(`timer ${event.data.timer}`, 'waiting');
      return note(next, event, 'plain', `Sleeps until ${formatDateTime(event.data.dueAt)}.`);
    case 'timer.fired':
      next.open.delete(`timer ${event.data.timer}`);
      return;
    case 'run.cancel_requested':
      return note(next, event, 'warn', `${event.data.by} asked to cancel${because(event.data.reason)}`);
    case 'run.completed':
      next.output = answerOf(event.data.output);
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

const blankStep = {
  kind: 'step', state: 'running', attempts: 1, endedAt: null, durationMs: null, output: null, usage: null, fault: null,
  doubt: null, resolution: null,
} as const;

function startStep(next: Draft, event: Extract<RunEvent, { kind: 'step.started' }>): void {
  const { step, occurrence, effect, repeat, key, input } = event.data;
  const at = findStep(next, event.data);
  next.open.set(keyOf(step, occurrence), 'started');
  const known = at === null ? null : next.items[at];
  if (at !== null && known?.kind === 'step') {
    next.items[at] = {
      ...known, state: 'running', attempts: known.attempts + 1, startedAt: event.at, endedAt: null, durationMs: null,
      doubt: null, input,
    };
    return;
  }
  add(next, {
    ...blankStep, key: keyOf(step, occurrence), step, occurrence, effect, repeat, idempotencyKey: key,
    startedAt: event.at, input,
  });
}

function changeStep(next: Draft, ref: { step: string; occurrence: number }, change: Partial<StepItem>): void {
  const at = findStep(next, ref);
  if (change.state === 'inDoubt') next.open.set(keyOf(ref.step, ref.occurrence), 'inDoubt');
  else next.open.delete(keyOf(ref.step, ref.occurrence));
  const known = at === null ? null : next.items[at];
  if (at !== null && known?.kind === 'step') next.items[at] = { ...known, ...change };
}

/** A call the gate refused: it has an outcome and no beginning. */
function addRefused(next: Draft, event: Extract<RunEvent, { kind: 'step.failed' }>): void {
  const { step, occurrence, effect, input } = event.data;
  add(next, {
    ...blankStep, key: keyOf(step, occurrence), step, occurrence, effect: effect ?? 'tool.call', repeat: 'never begun',
    idempotencyKey: keyOf(step, occurrence), startedAt: event.at, input: input ?? null,
  });
}

function findStep(next: Draft, ref: { step: string; occurrence: number }): number | null {
  return next.places.get(keyOf(ref.step, ref.occurrence)) ?? null;
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
  next.open.delete(keyOf(known.step, known.occurrence));
  const state: ApprovalState = approved ? 'approved' : by === 'expiry' ? 'expired' : 'denied';
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
  next.open.clear();
  // What was under way is over with the run; nothing may spin on for ever.
  next.items.forEach((item, place) => {
    if (item.kind === 'step' && item.state === 'running') next.items[place] = { ...item, state: 'stopped', endedAt: at };
    if (item.kind === 'approval' && item.state === 'pending') next.items[place] = { ...item, state: 'expired' };
  });
}

const wordsOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : (asText(value) ?? prettyJson(value));

/** The answer in a run's output: a text, or an object that carries one, as the server shows it of the run. */
const answerOf = (output: unknown): string | null => (isRecord(output) ? asText(output.text) : null) ?? wordsOf(output);

/** The task in the program's input: a text, or an object that carries one. */
function taskOf(input: unknown): string | null {
  const inside = isRecord(input) ? (asText(input.input) ?? asText(input.task)) : null;
  return inside ?? wordsOf(input);
}

import type { RunEvent } from '@/api/run-events';
import type { ApprovalState } from '@/api/types';
import type { Draft, StepItem, TimelineItem } from './timeline-model';

// The rows of the timeline that are steps and approvals, and what is open of them.

type EventOf<K extends RunEvent['kind']> = Extract<RunEvent, { kind: K }>;
interface StepRef {
  step: string;
  occurrence: number;
}

export const keyOf = ({ step, occurrence }: StepRef) => `${step}#${occurrence}`;

export function add(next: Draft, item: TimelineItem): void {
  next.places.set(item.key, next.items.length);
  next.items.push(item);
}

const blankStep = {
  kind: 'step', state: 'running', attempts: 1, endedAt: null, endSeq: null, durationMs: null, output: null, usage: null,
  fault: null, doubt: null, resolution: null, child: null, progress: null,
} as const;

export function startStep(next: Draft, event: EventOf<'step.started'>): void {
  const { step, occurrence, effect, repeat, key, input } = event.data;
  next.open.set(keyOf(event.data), 'started');
  const known = findStep(next, event.data);
  if (known) {
    replace(next, {
      ...known, state: 'running', attempts: known.attempts + 1, startedAt: event.at, endedAt: null, durationMs: null,
      doubt: null, input,
    });
    return;
  }
  add(next, {
    ...blankStep, key: keyOf(event.data), seq: event.seq, voided: voidingOf(next, event), step, occurrence, effect, repeat,
    idempotencyKey: key, startedAt: event.at, input,
  });
}

/** A call the gate refused: it has an outcome and no beginning. */
export function addRefused(next: Draft, event: EventOf<'step.failed'>): void {
  const { step, occurrence, effect, input } = event.data;
  if (findStep(next, event.data)) return;
  add(next, {
    ...blankStep, key: keyOf(event.data), seq: event.seq, voided: voidingOf(next, event), step, occurrence,
    effect: effect ?? 'tool.call', repeat: 'never begun', idempotencyKey: keyOf(event.data), startedAt: event.at,
    input: input ?? null,
  });
}

/** Changes a step's row; what is open of it follows from its state. */
export function changeStep(next: Draft, event: RunEvent, ref: StepRef, change: Partial<StepItem>): void {
  if (change.state === 'inDoubt') next.open.set(keyOf(ref), 'inDoubt');
  else if (change.state === 'parked') next.open.set(keyOf(ref), 'waiting');
  else if (change.state !== undefined) next.open.delete(keyOf(ref));
  const known = findStep(next, ref);
  // A row is gone back past with its outcome, even if it began before: the step is performed anew.
  if (known) replace(next, { ...known, ...change, voided: known.voided ?? voidingOf(next, event) });
}

export function endStep(
  next: Draft, event: EventOf<'step.completed'> | EventOf<'step.failed'>, change: Partial<StepItem>,
): void {
  const { durationMs } = event.data;
  next.streaming.delete(event.data.step);
  changeStep(next, event, event.data, { ...change, durationMs, endedAt: event.at, endSeq: event.seq, progress: null });
}

export function decide(next: Draft, event: EventOf<'approval.decided'>): void {
  const { approvalId, approved, by, note } = event.data;
  const at = next.places.get(approvalId);
  const known = at === undefined ? undefined : next.items[at];
  if (known?.kind !== 'approval') return;
  // A step that asks something in its middle is under way before and after.
  if (!known.question) next.open.delete(keyOf(known));
  replace(next, { ...known, state: answer(approved, by), decidedAt: event.at, decidedBy: by, note });
}

function answer(approved: boolean, by: string): ApprovalState {
  if (approved) return 'approved';
  if (by === 'expiry') return 'expired';
  return by === 'withdrawal' ? 'withdrawn' : 'denied';
}

/** Whatever was under way is over: nothing may spin on for ever. Timers and signals are no steps and stay. */
export function stopSteps(next: Draft, at: string, states: readonly StepItem['state'][]): void {
  for (const item of next.items) {
    if (item.kind === 'note') continue;
    next.open.delete(keyOf(item));
    if (item.kind === 'approval' && item.state === 'pending') replace(next, { ...item, state: 'withdrawn' });
    if (item.kind === 'step' && states.includes(item.state)) replace(next, { ...item, state: 'stopped', endedAt: at });
  }
  next.streaming.clear();
}

/** Whether something was being performed when the journal was taken up. */
export const isCutOff = (next: Draft) =>
  [...next.open].some(([key, opening]) => {
    const item = opening === 'started' ? next.items[next.places.get(key) ?? -1] : undefined;
    return item?.kind === 'step' && item.state === 'running';
  });

export const voidingOf = (next: Draft, event: RunEvent) => next.voids.get(event.seq) ?? null;

function findStep(next: Draft, ref: StepRef): StepItem | null {
  const at = next.places.get(keyOf(ref));
  const item = at === undefined ? undefined : next.items[at];
  return item?.kind === 'step' ? item : null;
}

function replace(next: Draft, item: TimelineItem): void {
  const at = next.places.get(item.key);
  if (at !== undefined) next.items.splice(at, 1, item);
}

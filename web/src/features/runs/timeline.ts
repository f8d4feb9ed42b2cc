import type { RunEvent, TextDelta } from '@/api/run-events';
import type { RunStatus } from '@/api/types';
import { asText, isRecord, prettyJson } from '@/lib/json';
import { draftOf, emptyTimeline, type Draft, type NoteItem, type Timeline } from './timeline-model';
import { noteOf } from './timeline-notes';
import {
  add, addRefused, changeStep, decide, endStep, isCutOff, keyOf, startStep, stopSteps, voidingOf,
} from './timeline-steps';

// The view of a run is a fold over its journal, exactly as the run itself is. Nothing here reads a clock or
// asks the server: the same events always give the same picture, after a reload as in a live page.

const streamedTextMax = 200_000;

/** Folds a batch of events. One copy of the lists per batch, so that a long replay stays linear. */
export function foldEvents(timeline: Timeline, batch: readonly RunEvent[]): Timeline {
  const fresh = batch.filter((event) => event.seq > timeline.lastSeq);
  if (fresh.length === 0) return timeline;
  // What goes back in time takes earlier events out of the count, so all of them are folded anew. That is rare.
  if (fresh.some(goesBack)) {
    const events = [...timeline.events, ...fresh];
    return fold({ ...emptyTimeline, voids: voidsOf(events) }, events);
  }
  return fold(timeline, fresh);
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

const goesBack = (event: RunEvent) => event.kind === 'run.rolled_back' || event.kind === 'run.retried';

/** The events that no longer count. A later rollback may go back past an earlier one. */
function voidsOf(events: readonly RunEvent[]): Timeline['voids'] {
  const voids = new Map();
  for (const event of events) {
    if (event.kind === 'run.rolled_back')
      for (let seq = event.data.toSeq + 1; seq < event.seq; seq++) voids.set(seq, { how: 'rollback', seq: event.seq });
    if (event.kind === 'run.retried')
      for (const seq of event.data.voids) if (!voids.has(seq)) voids.set(seq, { how: 'retry', seq: event.seq });
  }
  return voids;
}

function fold(timeline: Timeline, events: readonly RunEvent[]): Timeline {
  const next = draftOf(timeline);
  for (const event of events) {
    if (event.seq <= next.lastSeq) continue; // twice in one batch
    next.lastSeq = event.seq;
    next.events.push(event);
    if (next.voids.has(event.seq)) applyVoid(next, event);
    else apply(next, event);
    if (!next.isComplete && next.status !== null) next.status = statusOf(next);
  }
  return next;
}

/** What no longer counts keeps its row and what it used, and leaves everything else as it was. */
function applyVoid(next: Draft, event: RunEvent): void {
  const { status, open, isBegun, isPaused, isRollingBack, progress, output, fault, endedAt, isComplete } = next;
  next.open = new Map(open);
  apply(next, event);
  Object.assign(next, { status, open, isBegun, isPaused, isRollingBack, progress, output, fault, endedAt, isComplete });
}

/** The same rule by which the server tells where a run stands. */
function statusOf(next: Draft): RunStatus {
  const openings = new Set(next.open.values());
  if (openings.has('started') || next.isRollingBack) return 'running';
  if (openings.has('inDoubt')) return 'inDoubt';
  if (next.isPaused) return 'paused';
  if (openings.has('waiting')) return 'waiting';
  return next.isBegun ? 'running' : 'queued';
}

function apply(next: Draft, event: RunEvent): void {
  switch (event.kind) {
    case 'run.created':
      next.status = 'queued';
      next.input = taskOf(event.data.input);
      return;
    case 'run.claimed':
      next.isBegun = true;
      // A run that only waited is claimed anew as well; what is worth a word is that a step was cut off.
      if (isCutOff(next))
        addNote(next, event, { tone: 'warn', text: 'The server came back and went on from the journal.' });
      return;
    case 'step.started':
      next.isBegun = true;
      next.status ??= 'running';
      next.startedAt ??= event.at;
      next.stepsCount++;
      return startStep(next, event);
    case 'step.completed': {
      const { usage, output } = event.data;
      next.tokensIn += usage?.tokensIn ?? 0;
      next.tokensOut += usage?.tokensOut ?? 0;
      next.costMicroUsd += usage?.costMicroUsd ?? 0;
      return endStep(next, event, { state: 'completed', output, usage });
    }
    case 'step.failed':
      addRefused(next, event);
      return endStep(next, event, { state: 'failed', fault: event.data.fault });
    case 'step.in_doubt':
      next.streaming.delete(event.data.step);
      return changeStep(next, event, event.data, { state: 'inDoubt', doubt: event.data.reason, resolution: null });
    case 'step.resolved': {
      // A retry is a new occurrence, a row of its own; what took place and what is undone has an outcome that follows.
      const { outcome, by } = event.data;
      const state = outcome === 'failed' ? 'failed' : 'stopped';
      return changeStep(next, event, event.data, { state, resolution: { outcome, by } });
    }
    case 'step.parked':
      return changeStep(next, event, event.data, { state: 'parked', child: event.data.child });
    case 'step.progressed': {
      const { done, total } = event.data.progress;
      if (total !== null && total > 0) next.progress = Math.min(1, Math.max(0, done / total));
      return changeStep(next, event, event.data, { progress: event.data.progress });
    }
    case 'approval.requested':
      if (!event.data.question) next.open.set(keyOf(event.data), 'waiting');
      add(next, {
        kind: 'approval', key: event.data.approvalId, seq: event.seq, voided: voidingOf(next, event),
        requestedAt: event.at, state: 'pending', decidedAt: null, decidedBy: null, note: null, ...event.data,
      });
      return;
    case 'approval.decided':
      return decide(next, event);
    default: // what has a line of its own; a kind of a newer server has none, and stays visible in the journal
      applyControl(next, event);
      addNote(next, event, noteOf(event));
  }
}

function applyControl(next: Draft, event: RunEvent): void {
  switch (event.kind) {
    case 'timer.started':
      next.open.set(`wait ${event.data.timer}`, 'waiting');
      return;
    case 'timer.fired':
      next.open.delete(`wait ${event.data.timer}`); // a wait for a signal ends with one, too
      return;
    case 'signal.awaited':
      next.open.set(`wait ${event.data.wait}`, 'waiting');
      return;
    case 'signal.delivered':
      next.open.delete(`wait ${event.data.wait}`);
      return;
    case 'run.paused':
      next.isPaused = true;
      return;
    case 'run.resumed':
      next.isPaused = false;
      return;
    case 'run.rollback_requested':
      reopen(next);
      next.isRollingBack = true;
      return;
    case 'run.rollback_failed':
      next.isRollingBack = false;
      next.isPaused = true;
      return;
    case 'run.rolled_back':
      stopSteps(next, event.at, ['running', 'parked', 'inDoubt']);
      next.isRollingBack = false;
      return reopen(next);
    case 'run.retried':
      stopSteps(next, event.at, ['running', 'parked', 'inDoubt']);
      next.isPaused = false;
      return reopen(next);
    case 'run.forked':
      return beginFork(next, event);
    case 'run.completed':
      next.output = answerOf(event.data.output);
      return finish(next, event.at, 'completed');
    case 'run.failed':
      next.fault = event.data.fault;
      return finish(next, event.at, 'failed');
    case 'run.cancelled':
      return finish(next, event.at, 'cancelled');
  }
}

/** What the other run used does not count for its fork, nor whether it was paused or over. */
function beginFork(next: Draft, event: Extract<RunEvent, { kind: 'run.forked' }>): void {
  stopSteps(next, event.at, ['running', 'parked', 'inDoubt']);
  reopen(next);
  const { from, seq, input } = event.data;
  Object.assign(next, {
    fork: { run: from, seq }, isBegun: false, isPaused: false, isRollingBack: false, progress: null, startedAt: null,
    stepsCount: 0, tokensIn: 0, tokensOut: 0, costMicroUsd: 0, input: taskOf(input) ?? next.input,
  });
}

function reopen(next: Draft): void {
  Object.assign(next, { isComplete: false, output: null, fault: null, endedAt: null });
}

function finish(next: Draft, at: string, status: RunStatus): void {
  stopSteps(next, at, ['running', 'parked']); // what is in doubt stays in doubt
  next.open.clear();
  Object.assign(next, { status, endedAt: at, isComplete: true, isRollingBack: false });
}

function addNote(next: Draft, event: RunEvent, note: Pick<NoteItem, 'tone' | 'text'> | null): void {
  if (note === null) return;
  add(next, { kind: 'note', key: `note-${event.seq}`, seq: event.seq, voided: voidingOf(next, event), at: event.at, ...note });
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

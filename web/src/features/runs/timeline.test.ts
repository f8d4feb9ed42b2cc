import { describe, expect, it } from 'vitest';
import type { RunEvent, RunEventKind } from '@/api/run-events';
import { dropDeltas, foldDeltas, foldEvents } from './timeline';
import { emptyTimeline, type StepItem, type Timeline } from './timeline-model';

type Written = { [K in RunEventKind]: [K, Extract<RunEvent, { kind: K }>['data']] }[RunEventKind];

function journal(...entries: Written[]): RunEvent[] {
  return entries.map(([kind, data], index) => ({ seq: index, kind, at: `2025-01-01T00:00:${String(index % 60).padStart(2, '0')}Z`, data }) as RunEvent);
}
const fold = (...entries: Written[]) => foldEvents(emptyTimeline, journal(...entries));

const created: Written = ['run.created', { subject: 'a', subjectVersion: 1, input: 'do it', model: 'scripted:a', workspaceId: null, grant: {} }];
const claimed = (epoch: number): Written => ['run.claimed', { owner: 'here', epoch }];
const started = (step: string, occurrence = 1): Written => ['step.started', { step, occurrence, effect: 'tool.call', repeat: 'read', key: `${step}:${occurrence}`, input: { tool: 'shell' } }];
const completed = (step: string, occurrence = 1): Written => ['step.completed', { step, occurrence, output: { text: 'ok' }, usage: { tokensIn: 10, tokensOut: 2, costMicroUsd: 5 }, durationMs: 40 }];
const asked: Written = ['approval.requested', { approvalId: 'apr_1', step: 's1', occurrence: 1, tool: 'git_commit', title: 'Commit', arguments: {}, argumentsHash: 'h', preview: null, expiresAt: null }];
const step = (timeline: Timeline, key: string) => timeline.items.find((item) => item.key === key) as StepItem;

describe('the timeline of a run', () => {
  it('gives the same picture event by event as all at once', () => {
    const events = journal(created, claimed(1), started('s1'), completed('s1'), asked,
      ['approval.decided', { approvalId: 'apr_1', approved: true, by: 'Ada', note: null }], started('s2'), completed('s2'), ['run.completed', { output: 'done' }]);
    const single = events.reduce((timeline, event) => foldEvents(timeline, [event]), emptyTimeline);
    expect(single).toEqual(foldEvents(emptyTimeline, events));
    expect(single).toMatchObject({ status: 'completed', output: 'done', isComplete: true, input: 'do it', stepsCount: 2, tokensIn: 20, tokensOut: 4, costMicroUsd: 10, lastSeq: 8 });
  });

  it('never changes the timeline it was given', () => {
    const before = fold(created, claimed(1), started('s1'));
    const copy = structuredClone(before);
    foldEvents(before, [{ ...journal(completed('s1'))[0], seq: 4 } as RunEvent]);
    expect(before).toEqual(copy);
  });

  it('ignores events it has seen, as a resumed stream may repeat them', () => {
    const events = journal(created, claimed(1), started('s1'), completed('s1'));
    const once = foldEvents(emptyTimeline, events);
    expect(foldEvents(once, events)).toBe(once);
    expect(foldEvents(emptyTimeline, [...events, ...events])).toEqual(once);
  });

  it('keeps one row for a step that a restart repeated, and counts its attempts', () => {
    const timeline = fold(created, claimed(1), started('s1'), claimed(2), started('s1'), completed('s1'));
    expect(step(timeline, 's1#1')).toMatchObject({ state: 'completed', attempts: 2 });
    expect(timeline.items.filter((item) => item.kind === 'step')).toHaveLength(1);
    expect(timeline.items.filter((item) => item.kind === 'note')).toHaveLength(1);
  });

  it('tells occurrences of the same step apart', () => {
    const timeline = fold(created, started('s1', 1), completed('s1', 1), started('s1', 2));
    expect(step(timeline, 's1#1').state).toBe('completed');
    expect(step(timeline, 's1#2').state).toBe('running');
  });

  it('waits at an approval and goes on when it is decided', () => {
    const waiting = fold(created, claimed(1), asked);
    expect(waiting.status).toBe('waiting');
    const decided = foldEvents(waiting, [{ seq: 4, kind: 'approval.decided', at: '2025-01-01T00:01:00Z', data: { approvalId: 'apr_1', approved: false, by: 'Ada', note: 'no' } }]);
    expect(decided.status).toBe('running');
    expect(decided.items[0]).toMatchObject({ state: 'denied', decidedBy: 'Ada', note: 'no' });
  });

  it('shows an approval nobody answered as expired', () => {
    const timeline = fold(created, claimed(1), asked, ['approval.decided', { approvalId: 'apr_1', approved: false, by: 'expiry', note: null }]);
    expect(timeline.items[0]).toMatchObject({ state: 'expired' });
  });

  it('marks a step in doubt until a person resolves it', () => {
    const doubtful = fold(created, claimed(1), started('s1'), ['step.in_doubt', { step: 's1', occurrence: 1, key: 'k', effect: 'tool.call', reason: 'cut off' }]);
    expect(doubtful.status).toBe('inDoubt');
    expect(step(doubtful, 's1#1')).toMatchObject({ state: 'inDoubt', doubt: 'cut off' });
    const resolved = foldEvents(doubtful, [{ seq: 5, kind: 'step.resolved', at: '2025-01-01T00:01:00Z', data: { step: 's1', occurrence: 1, outcome: 'failed', by: 'Ada' } }]);
    expect(step(resolved, 's1#1')).toMatchObject({ state: 'failed', resolution: { outcome: 'failed', by: 'Ada' } });
  });

  it('says that the server came back only where a step was cut off', () => {
    const notes = (...events: Written[]) => fold(created, claimed(1), ...events).items.filter((item) => item.kind === 'note').length;
    expect(notes(asked, ['approval.decided', { approvalId: 'apr_1', approved: true, by: 'Ada', note: null }], claimed(2))).toBe(notes(asked, ['approval.decided', { approvalId: 'apr_1', approved: true, by: 'Ada', note: null }]));
    expect(notes(started('s1'), claimed(2))).toBe(notes(started('s1')) + 1);
  });

  it('gathers streamed text and gives it up when the step completes', () => {
    const streaming = foldDeltas(fold(created, claimed(1), started('s1')), [{ step: 's1', text: 'Hel', offset: 0 }, { step: 's1', text: 'lo', offset: 3 }]);
    expect(streaming.streaming.get('s1')).toBe('Hello');
    const again = foldDeltas(streaming, [{ step: 's1', text: 'Hello', offset: 0 }, { step: 's1', text: ', Ada', offset: 5 }]);
    expect(again.streaming.get('s1')).toBe('Hello, Ada');
    const late = foldDeltas(fold(created, claimed(1), started('s1')), [{ step: 's1', text: 'the end', offset: 90 }]);
    expect(late.streaming.get('s1')).toBe('… the end');
    expect(dropDeltas(streaming).streaming.size).toBe(0);
    const done = foldEvents(streaming, [{ ...journal(completed('s1'))[0], seq: 4 } as RunEvent]);
    expect(done.streaming.size).toBe(0);
  });

  it('keeps events of unknown kinds in the journal and out of the timeline', () => {
    const timeline = foldEvents(emptyTimeline, [{ seq: 1, kind: 'run.teleported', at: '2025-01-01T00:00:00Z', data: {} } as unknown as RunEvent]);
    expect(timeline.events).toHaveLength(1);
    expect(timeline.items).toHaveLength(0);
  });

  it('knows the first event, which is number zero', () => {
    expect(fold(created)).toMatchObject({ status: 'queued', input: 'do it', lastSeq: 0 });
  });

  it('shows a call that was refused before it began', () => {
    const fault = { code: 'tools.denied', kind: 'denied', message: 'No.' };
    const timeline = fold(created, claimed(1), ['step.failed', { step: 's1', occurrence: 1, fault, durationMs: 0, effect: 'tool.call', input: { tool: 'shell' } }]);
    expect(step(timeline, 's1#1')).toMatchObject({ state: 'failed', fault, input: { tool: 'shell' } });
  });

  it('is running while one of several steps runs and another waits', () => {
    const both = fold(created, claimed(1), started('s2'), asked);
    expect(both.status).toBe('running');
    expect(foldEvents(both, [{ ...journal(completed('s2'))[0], seq: 4 } as RunEvent]).status).toBe('waiting');
  });

  it('shows a retry as a new row and the old one as stopped', () => {
    const timeline = fold(created, started('s1'), ['step.in_doubt', { step: 's1', occurrence: 1, key: 'k', effect: 'tool.call', reason: 'cut off' }],
      ['step.resolved', { step: 's1', occurrence: 1, outcome: 'retry', by: 'Ada' }], started('s1', 2));
    expect(step(timeline, 's1#1').state).toBe('stopped');
    expect(step(timeline, 's1#2').state).toBe('running');
    expect(timeline.status).toBe('running');
  });

  it('leaves nothing spinning when the run ends', () => {
    const timeline = fold(created, started('s1'), asked, ['run.cancelled', { by: 'Ada', reason: null }]);
    expect(timeline.items.map((item) => 'state' in item && item.state)).toEqual(['stopped', 'withdrawn', false]);
  });

  it('waits while a timer runs', () => {
    const asleep = fold(created, claimed(1), ['timer.started', { timer: 't', dueAt: '2025-01-01T01:00:00Z' }]);
    expect(asleep.status).toBe('waiting');
    expect(foldEvents(asleep, [{ seq: 3, kind: 'timer.fired', at: '2025-01-01T01:00:00Z', data: { timer: 't' } }]).status).toBe('running');
  });

  it('shows an answer that is not a text as JSON', () => {
    expect(fold(created, ['run.completed', { output: { a: 1 } }]).output).toContain('"a": 1');
    expect(fold(created, ['run.completed', { output: { text: '**Done.**' } }]).output).toBe('**Done.**');
  });

  it('ends a failed run with its fault', () => {
    const fault = { code: 'agents.step_limit', kind: 'limitReached', message: 'The run reached its limit.' };
    expect(fold(created, ['run.failed', { fault }])).toMatchObject({ status: 'failed', fault, isComplete: true });
  });

  it('folds ten thousand events in batches without growing slow', () => {
    const entries: Written[] = Array.from({ length: 5_000 }, (_, index) => [started(`s${index}`), completed(`s${index}`)]).flat();
    const events = journal(...entries);
    let timeline = emptyTimeline;
    for (let at = 0; at < events.length; at += 100) timeline = foldEvents(timeline, events.slice(at, at + 100));
    expect(timeline.stepsCount).toBe(5_000);
    expect(timeline.items).toHaveLength(5_000);
  });
});

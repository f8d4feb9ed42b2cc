import { describe, expect, it } from 'vitest';
import type { RunEvent, RunEventKind } from '@/api/run-events';
import { foldEvents } from './timeline';
import { rowsOf } from './timeline-groups';
import { emptyTimeline, type NoteItem, type StepItem, type Timeline } from './timeline-model';

type Written = { [K in RunEventKind]: [K, Extract<RunEvent, { kind: K }>['data']] }[RunEventKind];

const journal = (...entries: Written[]) =>
  entries.map(([kind, data], seq) => ({ seq, kind, at: `2025-01-01T00:00:${String(seq % 60).padStart(2, '0')}Z`, data }) as RunEvent);
const fold = (...entries: Written[]) => foldEvents(emptyTimeline, journal(...entries));
const oneByOne = (...entries: Written[]) =>
  journal(...entries).reduce((timeline, event) => foldEvents(timeline, [event]), emptyTimeline);

const created: Written = ['run.created', { subject: 'a', subjectVersion: 1, input: 'do it', model: null, workspaceId: null, grant: {} }];
const claimed = (epoch = 1): Written => ['run.claimed', { owner: 'here', epoch }];
const started = (step: string, occurrence = 1): Written => ['step.started', { step, occurrence, effect: 'tool.call', repeat: 'read', key: step, input: {} }];
const completed = (step: string, occurrence = 1): Written => ['step.completed', { step, occurrence, output: 'ok', usage: { tokensIn: 10, tokensOut: 2, costMicroUsd: 5 }, durationMs: 4 }];
const failed = (step: string): Written => ['step.failed', { step, occurrence: 1, fault, durationMs: 4 }];
const fault = { code: 'x.bad', kind: 'upstream', message: 'It broke.' };
const paused: Written = ['run.paused', { by: 'Ada', reason: 'lunch' }];
const back = (toSeq: number): Written => ['run.rolled_back', { toSeq, by: 'Ada' }];
const asked: Written = ['approval.requested', { approvalId: 'apr_1', step: 's2', occurrence: 1, tool: 'git_commit', title: 'Commit', arguments: {}, argumentsHash: 'h', preview: null, expiresAt: null }];

const step = (timeline: Timeline, key: string) => timeline.items.find((item) => item.key === key) as StepItem;
const notes = (timeline: Timeline) => timeline.items.filter((item): item is NoteItem => item.kind === 'note').map((item) => item.text);

describe('what people do to a run, in its timeline', () => {
  it('is running while a step ends, then paused, and goes on when it is resumed', () => {
    const during = fold(created, claimed(), started('s1'), paused);
    expect(during).toMatchObject({ status: 'running', isPaused: true });
    const after = fold(created, claimed(), started('s1'), paused, completed('s1'));
    expect(after.status).toBe('paused');
    expect(notes(after)).toEqual(['Paused by Ada: lunch']);
    expect(fold(created, claimed(), paused, ['run.resumed', { by: 'Bob' }])).toMatchObject({ status: 'running', isPaused: false });
  });

  it('keeps what a person told it as their own words', () => {
    const timeline = fold(created, ['run.steered', { by: 'Ada', message: 'Use spaces.' }]);
    expect(timeline.items[0]).toMatchObject({ kind: 'note', text: 'Ada said:', quote: 'Use spaces.' });
  });

  it('waits for a signal until it is there, or until its time is over', () => {
    const awaited: Written = ['signal.awaited', { wait: 'w', signal: 'go', dueAt: '2025-01-01T01:00:00Z' }];
    expect(fold(created, claimed(), awaited).status).toBe('waiting');
    const there = fold(created, claimed(), awaited, ['signal.received', { signal: 'go', payload: {}, by: 'Ada', key: null }], ['signal.delivered', { wait: 'w', signal: 'go', payload: {} }]);
    expect(there.status).toBe('running');
    expect(notes(there).slice(1)).toEqual(['Ada sent the signal “go”.', 'The signal “go” is there.']);
    expect(fold(created, claimed(), awaited, ['timer.fired', { timer: 'w' }]).status).toBe('running');
  });

  it('waits while a step waits for the run that it started', () => {
    const parked: Written = ['step.parked', { step: 's1', occurrence: 1, child: 'run_2' }];
    const waiting = fold(created, claimed(), started('s1'), parked);
    expect(waiting.status).toBe('waiting');
    expect(step(waiting, 's1#1')).toMatchObject({ state: 'parked', child: 'run_2' });
    const done = fold(created, claimed(), started('s1'), parked, completed('s1'));
    expect(step(done, 's1#1')).toMatchObject({ state: 'completed', child: 'run_2', endSeq: 4 });
  });

  it('shows how far a step is until it is over', () => {
    const progressed: Written = ['step.progressed', { step: 's1', occurrence: 1, progress: { done: 3, total: 4, unit: 'files', text: null } }];
    const moving = fold(created, started('s1'), progressed);
    expect(moving.progress).toBe(0.75);
    expect(step(moving, 's1#1')).toMatchObject({ state: 'running', progress: { done: 3 } });
    expect(step(fold(created, started('s1'), progressed, completed('s1')), 's1#1').progress).toBeNull();
  });

  it('takes rolled back events out of the count and folds their rows into one', () => {
    const events: Written[] = [created, claimed(), started('s1'), completed('s1'), started('s2'), completed('s2'),
      ['run.rollback_requested', { toSeq: 3, by: 'Ada', note: null, leaveIrreversible: false, goOn: false }], started('undo.s2.1'), completed('undo.s2.1'), back(3), ['run.paused', { by: 'Ada', reason: 'Rolled back.' }]];
    const timeline = fold(...events);
    expect(oneByOne(...events)).toEqual(timeline);
    expect(timeline).toMatchObject({ status: 'paused', stepsCount: 3, tokensIn: 30, isRollingBack: false });
    expect(step(timeline, 's2#1').voided).toEqual({ how: 'rollback', seq: 9 });
    const rows = rowsOf(timeline);
    expect(rows.map((row) => row.kind)).toEqual(['step', 'group', 'note', 'note']);
    expect(rows[1]).toMatchObject({ reason: 'undone', stepsCount: 2, key: 'undone-9' });
  });

  it('is running while it undoes, and paused when that fails', () => {
    const asking: Written = ['run.rollback_requested', { toSeq: 1, by: 'Ada', note: 'wrong', leaveIrreversible: false, goOn: true }];
    expect(fold(created, claimed(), paused, asking)).toMatchObject({ status: 'running', isRollingBack: true });
    const stuck = fold(created, claimed(), asking, ['run.rollback_failed', { toSeq: 1, step: 's1', fault }]);
    expect(stuck).toMatchObject({ status: 'paused', isRollingBack: false });
    expect(notes(stuck)[1]).toContain('It broke.');
  });

  it('puts an earlier rollback into the fold of a later one that goes further back', () => {
    const timeline = fold(created, claimed(), started('s1'), completed('s1'), back(1), started('s1', 2), completed('s1', 2), back(1));
    const rows = rowsOf(timeline);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ kind: 'group', key: 'undone-7', stepsCount: 2 });
  });

  it('forgets an end, a pause and a question that were rolled back', () => {
    const ended = fold(created, claimed(), started('s1'), completed('s1'), ['run.completed', { output: 'done' }], claimed(2), back(3));
    expect(ended).toMatchObject({ status: 'running', output: null, isComplete: false, endedAt: null });
    const questioned = fold(created, claimed(), asked, paused, back(1));
    expect(questioned).toMatchObject({ status: 'running', isPaused: false });
    expect(questioned.open.size).toBe(0);
  });

  it('marks a step that was under way at the place gone back to as stopped', () => {
    const timeline = fold(created, claimed(), started('s1'), back(2), started('s1', 2));
    expect(step(timeline, 's1#1').state).toBe('stopped');
    expect(step(timeline, 's1#2').state).toBe('running');
  });

  it('goes on after a retry, with the failures struck and the work kept', () => {
    const events: Written[] = [created, claimed(), started('s1'), completed('s1'), started('s2'), failed('s2'), ['run.failed', { fault }],
      claimed(2), ['run.retried', { voids: [5, 6], by: 'Ada', note: 'the network is back' }], started('s2', 2)];
    const timeline = fold(...events);
    expect(oneByOne(...events)).toEqual(timeline);
    expect(timeline).toMatchObject({ status: 'running', fault: null, isComplete: false, endedAt: null });
    expect(step(timeline, 's1#1').voided).toBeNull();
    expect(step(timeline, 's2#1')).toMatchObject({ state: 'failed', voided: { how: 'retry' } });
    expect(rowsOf(timeline).some((row) => row.kind === 'group')).toBe(false);
    expect(notes(timeline)).toEqual(['The run failed.', 'Ada tries it again: the network is back']);
  });

  it('folds what a fork shares with its origin, and counts anew', () => {
    const timeline = fold(created, claimed(), started('s1'), completed('s1'), ['run.forked', { from: 'run_1', seq: 3, by: 'Ada', title: 't', input: null }], ['run.steered', { by: 'Ada', message: 'again' }], claimed(), started('s2'));
    expect(timeline).toMatchObject({ status: 'running', fork: { run: 'run_1', seq: 3 }, stepsCount: 1, tokensIn: 0, input: 'do it' });
    const rows = rowsOf(timeline);
    expect(rows[0]).toMatchObject({ kind: 'group', reason: 'shared', run: 'run_1', stepsCount: 1 });
    expect(rows[1]).toMatchObject({ kind: 'note', run: 'run_1' });
  });

  it('is open again when it was forked where the other run had ended', () => {
    const timeline = fold(created, claimed(), started('s1'), completed('s1'), ['run.completed', { output: 'done' }], ['run.forked', { from: 'run_1', seq: 4, by: 'Ada', title: 't', input: null }]);
    expect(timeline).toMatchObject({ status: 'queued', output: null, isComplete: false });
  });

  it('says which version it goes on with', () => {
    expect(notes(fold(created, ['run.upgraded', { fromVersion: 1, toVersion: 2, by: 'Ada' }]))[0]).toContain('version 2 instead of 1');
  });

  it('takes the outcome of a step in doubt from what follows the decision', () => {
    const doubt: Written = ['step.in_doubt', { step: 's1', occurrence: 1, key: 'k', effect: 'tool.call', reason: 'cut off' }];
    const decided = (outcome: 'tookPlace' | 'compensate', then: Written) =>
      step(fold(created, started('s1'), doubt, ['step.resolved', { step: 's1', occurrence: 1, outcome, by: 'Ada' }], then), 's1#1');
    expect(decided('tookPlace', completed('s1'))).toMatchObject({ state: 'completed', resolution: { outcome: 'tookPlace' } });
    expect(decided('compensate', failed('s1'))).toMatchObject({ state: 'failed', resolution: { outcome: 'compensate' } });
  });

  it('tells a withdrawn question from a denied one', () => {
    const timeline = fold(created, claimed(), asked, ['approval.decided', { approvalId: 'apr_1', approved: false, by: 'withdrawal', note: null }]);
    expect(timeline.items[0]).toMatchObject({ state: 'withdrawn' });
  });
});

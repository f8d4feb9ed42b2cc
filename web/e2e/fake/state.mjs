// The fake server's memory: one tenant, one agent, and runs that are folded from the events they are given.
import { randomBytes } from 'node:crypto';
import { childScript, controlScript, doubtScript, failedScript, longScript, progressScript, repairScript, rolledBackScript } from './script.mjs';

export const id = (prefix) => `${prefix}_${randomBytes(16).toString('hex')}`;

export const definition = `# Repairs small repositories.
name: repo-engineer
title: Repository engineer
description: Finds why a test fails, mends it, and asks before it commits.
model: scripted:repo-engineer
instructions: |
  You repair one repository at a time. Read before you write.
  Run the tests before and after each change.
tools:
  - name: list_files
  - name: read_file
  - name: search_files
  - name: edit_file
  - name: shell
  - name: git_diff
  - name: git_commit
    policy: approval
limits:
  stepsMax: 50
  wallTimeMaxSeconds: 900
`;

const toolNames = ['list_files', 'read_file', 'search_files', 'edit_file', 'shell', 'git_diff', 'git_commit'];
const hour = 3_600_000;

export function createState() {
  const agentId = id('agt');
  const versions = [2, 1].map((version) => ({
    agentId, name: 'repo-engineer', version, createdAt: ago(version * 26 * hour), createdBy: 'Ada Example',
    digest: `sha256:${randomBytes(32).toString('hex')}`, changed: true,
    definition: version === 2 ? definition : definition.replace('  - name: git_diff\n', ''),
  }));
  const state = { runs: new Map(), versions, agentId, others: [] };
  add(state, 'Read all modules of the repository', 30 * hour, longScript(1000));
  add(state, 'make the failing test pass', 5 * hour, finished());
  add(state, 'upgrade the parser and run its tests', 3 * hour, failedScript());
  add(state, 'publish the release', 2 * hour, doubtScript());
  add(state, 'tidy the change log', 1.5 * hour, controlScript());
  const rolledBack = add(state, 'rename the calculator', 1.2 * hour, rolledBackScript());
  addFork(state, rolledBack, 1 * hour);
  const parent = add(state, 'check every package', 0.6 * hour, []);
  const child = add(state, 'import the documents', 0.5 * hour, progressScript());
  child.parentId = parent.id;
  for (const [, kind, data] of childScript(child.id)) append(parent, kind, data, Date.now() - 0.5 * hour);
  add(state, 'wait for a place', 0.1 * hour, []);
  const { before, approval } = repairScript();
  add(state, 'make the failing test pass', 0.02 * hour, [...before, [20, 'approval.requested', { ...approval, approvalId: id('apr'), expiresAt: ago(-1 * hour), isViolation: true, why: "its argument 'message' came from web content of step 2 (tools.untrusted_action)" }]]);
  return state;
}

export function emptyState() {
  return { ...createState(), runs: new Map() };
}

function finished() {
  const { before, approval, after } = repairScript();
  const approvalId = id('apr');
  return [
    ...before,
    [20, 'approval.requested', { ...approval, approvalId, expiresAt: ago(-1 * hour) }],
    [9_000, 'approval.decided', { approvalId, approved: true, by: 'Ada Example', note: 'Looks right.' }],
    ...after,
  ];
}

const ago = (ms) => new Date(Date.now() - ms).toISOString();

function add(state, title, agoMs, script) {
  const run = createRun(state, { input: title, workspaceId: id('wsp'), model: null }, Date.now() - agoMs);
  let at = Date.parse(run.createdAt);
  for (const [delay, kind, data] of script) {
    at += delay;
    if (kind !== 'delta') append(run, kind, data, at);
  }
  return run;
}

/** A run that begins where another was: it has the other's events up to there. */
export function fork(state, origin, { seq, title, message, output }, at = Date.now()) {
  const shared = origin.events.slice(0, (output === undefined ? seq : seq - 1) + 1);
  const run = createRun(state, { input: title ?? origin.title, workspaceId: id('wsp'), model: origin.model }, at, shared);
  Object.assign(run, { forkedFrom: origin.id, forkSeq: shared.length - 1 });
  append(run, 'run.forked', { from: origin.id, seq: shared.length - 1, by: 'Ada Example', title: run.title, input: null, grant: {}, limits: {}, labels: {} }, at);
  if (output !== undefined) append(run, 'step.completed', { ...origin.events[seq].data, occurrence: 2, output, usage: null }, at);
  if (message) append(run, 'run.steered', { by: 'Ada Example', message }, at);
  append(run, 'run.claimed', { owner: 'local', epoch: 1 }, at);
  return run;
}

function addFork(state, origin, agoMs) {
  const run = fork(state, origin, { seq: 5, title: 'rename the calculator, with a test first', message: 'Write a test before you rename anything.' }, Date.now() - agoMs);
  append(run, 'step.started', { step: 'model-2', occurrence: 1, effect: 'model.chat', repeat: 'keyed', key: 'model-2:1', input: { provider: 'scripted', model: run.model, messagesCount: 4, toolsCount: 8 } }, Date.now() - agoMs + 90);
  append(run, 'step.completed', { step: 'model-2', occurrence: 1, output: { text: 'I write the test first, as you said.', toolCalls: [], finishReason: 'stop', model: run.model, isReal: false }, usage: { tokensIn: 700, tokensOut: 20, costMicroUsd: 0 }, durationMs: 300 }, Date.now() - agoMs + 400);
  append(run, 'run.completed', { output: { text: 'There is a test for the new name.' } }, Date.now() - agoMs + 500);
}

export function createRun(state, request, at = Date.now(), shared = []) {
  const run = {
    id: id('run'), kind: 'agent', subject: 'repo-engineer', subjectVersion: 2, title: request.input.slice(0, 80),
    status: 'queued', createdAt: new Date(at).toISOString(), startedAt: null, endedAt: null, headSeq: -1, stepsCount: 0,
    tokensIn: 0, tokensOut: 0, costMicroUsd: 0, workspaceId: request.workspaceId, model: request.model ?? 'scripted:repo-engineer',
    modelIsReal: false, pendingApprovals: [], output: null, fault: null, priority: 0, progress: null, parentId: null,
    forkedFrom: null, forkSeq: null,
  };
  Object.defineProperty(run, 'events', { value: [], enumerable: false });
  Object.defineProperty(run, 'listeners', { value: new Set(), enumerable: false });
  Object.defineProperty(run, 'gate', { value: { decide: null }, enumerable: false });
  state.runs.set(run.id, run);
  for (const event of shared) append(run, event.kind, event.data, Date.parse(event.at));
  if (shared.length > 0) return run;
  append(run, 'run.created', { subject: run.subject, subjectVersion: 2, input: request.input, model: run.model, workspaceId: run.workspaceId, grant: { tools: toolNames } }, at);
  return run;
}

export function append(run, kind, data, at = Date.now()) {
  const event = { seq: ++run.headSeq, kind, at: new Date(at).toISOString(), data };
  run.events.push(event);
  fold(run, event);
  for (const listener of run.listeners) listener(event);
}

function fold(run, { kind, data, at }) {
  if (kind === 'run.paused' || kind === 'run.rollback_failed') run.status = 'paused';
  if (kind === 'run.resumed') run.status = 'running';
  if (kind === 'step.parked' || kind === 'signal.awaited') run.status = 'waiting';
  if (kind === 'step.progressed' && data.progress.total) run.progress = data.progress.done / data.progress.total;
  if (kind === 'run.rolled_back' || kind === 'run.retried' || kind === 'run.forked')
    Object.assign(run, { status: 'running', endedAt: null, fault: null, output: null, pendingApprovals: [] });
  if (kind === 'run.forked') Object.assign(run, { stepsCount: 0, tokensIn: 0, tokensOut: 0, costMicroUsd: 0, startedAt: null, createdAt: at });
  if (kind === 'run.claimed') run.status = 'running';
  if (kind === 'step.started') Object.assign(run, { status: 'running', startedAt: run.startedAt ?? at, stepsCount: run.stepsCount + 1 });
  if (kind === 'step.completed' && data.usage) {
    run.tokensIn += data.usage.tokensIn;
    run.tokensOut += data.usage.tokensOut;
    run.costMicroUsd += data.usage.costMicroUsd;
  }
  if (kind === 'step.in_doubt') run.status = 'inDoubt';
  if (kind === 'step.resolved') run.status = 'running';
  if (kind === 'approval.requested') {
    const { approvalId, ...rest } = data;
    run.status = 'waiting';
    run.pendingApprovals.push({ id: approvalId, runId: run.id, requestedAt: at, state: 'pending', ...rest });
  }
  if (kind === 'approval.decided') Object.assign(run, { status: 'running', pendingApprovals: [] });
  if (kind === 'run.completed') Object.assign(run, { status: 'completed', output: data.output.text, endedAt: at });
  if (kind === 'run.failed') Object.assign(run, { status: 'failed', fault: data.fault, endedAt: at });
  if (kind === 'run.cancelled') Object.assign(run, { status: 'cancelled', endedAt: at, pendingApprovals: [] });
}

/** Plays the repair live, waits at its approval, and stops when the run is cancelled. */
export async function play(run, pace) {
  const { before, approval, after, denied } = repairScript();
  const isOpen = () => !['completed', 'failed', 'cancelled'].includes(run.status);
  const perform = async (script) => {
    for (const [delay, kind, data] of script) {
      await new Promise((resolve) => setTimeout(resolve, delay * pace));
      if (!isOpen()) return;
      if (kind === 'delta') for (const listener of run.listeners) listener({ kind: 'delta', data });
      else append(run, kind, data);
    }
  };
  await perform(before);
  if (!isOpen()) return;
  const approvalId = id('apr');
  const answered = new Promise((resolve) => (run.gate.decide = resolve));
  append(run, 'approval.requested', { ...approval, approvalId, expiresAt: ago(-hour) });
  const { approve, note } = await answered;
  append(run, 'approval.decided', { approvalId, approved: approve, by: 'Ada Example', note: note ?? null });
  await perform(approve ? after : denied);
}

export const agentOf = (state) => {
  const newest = state.versions[0];
  return {
    id: state.agentId, name: 'repo-engineer', title: 'Repository engineer',
    description: 'Finds why a test fails, mends it, and asks before it commits.', version: newest.version,
    model: 'scripted:repo-engineer', tools: toolNames, updatedAt: newest.createdAt, definition: newest.definition,
    instructions: 'You repair one repository at a time. Read before you write.',
    limits: { stepsMax: 50, wallTimeMaxSeconds: 900, tokensMax: 200_000, costMaxMicroUsd: 500_000 },
  };
};

// What people may want of a run, and its past: pause, steer, resolve, retry, roll back, fork, checkpoints, states.
import { append, fork } from './state.mjs';

const by = 'Ada Example';
const changes = (data) => data.repeat !== 'read';

export function controlRoutes({ state, runOf, refuse }) {
  const open = (runId) => {
    const run = runOf(runId);
    if (run.endedAt) throw refuse(409, 'runs.already_ended', 'The run has ended; nothing about it can be changed any more.');
    return run;
  };
  const on = (path, handle, method = 'POST') => [method, new RegExp(`^/runs/([^/]+)/${path}$`), handle];
  const accept = (response, run) => {
    response.statusCode = 202;
    return run;
  };
  return [
    on('cancel', ({ parts: [runId], body, response }) => {
      const run = open(runId);
      append(run, 'run.cancel_requested', { by, reason: body.reason ?? null, hard: body.hard ?? false });
      append(run, 'run.cancelled', { by, reason: body.reason ?? null });
      return accept(response, run);
    }),
    on('pause', ({ parts: [runId], body, response }) => {
      const run = open(runId);
      append(run, 'run.paused', { by, reason: body.reason ?? null });
      return accept(response, run);
    }),
    on('resume', ({ parts: [runId], response }) => {
      const run = open(runId);
      append(run, 'run.resumed', { by });
      return accept(response, run);
    }),
    on('steer', ({ parts: [runId], body, response }) => {
      const run = open(runId);
      append(run, 'run.steered', { by, message: body.message });
      return accept(response, run);
    }),
    on('retry', ({ parts: [runId], body, response }) => {
      const run = runOf(runId);
      if (!['failed', 'cancelled'].includes(run.status)) throw refuse(409, 'runs.not_failed', 'Only a run that failed or was cancelled can be tried again.');
      const voids = [];
      for (const event of run.events.toReversed()) {
        if (event.kind === 'step.started') break;
        if (['run.failed', 'run.cancelled', 'step.failed', 'run.cancel_requested'].includes(event.kind)) voids.unshift(event.seq);
      }
      append(run, 'run.claimed', { owner: 'local', epoch: 2 });
      append(run, 'run.retried', { voids, by, note: body.note ?? null, limits: null });
      return accept(response, run);
    }),
    on('steps/([^/]+)/resolve', ({ parts: [runId, step], body }) => {
      const run = open(runId);
      if (body.outcome === 'tookPlace' && body.output === undefined) throw refuse(400, 'runs.output_missing', 'To say that the step took place, give the output that it had.');
      append(run, 'step.resolved', { step, occurrence: body.occurrence, outcome: body.outcome, by, note: body.note ?? null });
      if (body.outcome === 'tookPlace') append(run, 'step.completed', { step, occurrence: body.occurrence, output: body.output, usage: null, durationMs: 0 });
      return run;
    }),
    on('rollback', ({ parts: [runId], body }) => rollBack(runOf(runId), body, refuse)),
    on('fork', ({ parts: [runId], body, response }) => accept(response, fork(state, runOf(runId), body))),
    on('checkpoints', ({ parts: [runId] }) => ({ items: checkpointsOf(runOf(runId)), nextCursor: null }), 'GET'),
    on('state', ({ parts: [runId], query }) => {
      const run = runOf(runId);
      const seq = Number(query.get('seq') ?? run.headSeq);
      if (seq > run.headSeq) throw refuse(400, 'runs.beyond_head', `There is no event ${seq}; the newest one is ${run.headSeq}.`);
      return stateAt(run, seq);
    }, 'GET'),
  ];
}

function voidsOf(run) {
  const voids = new Set();
  for (const { kind, seq, data } of run.events) {
    if (kind === 'run.rolled_back') for (let at = data.toSeq + 1; at < seq; at++) voids.add(at);
    if (kind === 'run.retried') data.voids.forEach((at) => voids.add(at));
  }
  return voids;
}

function effectsSince(run, toSeq) {
  const voids = voidsOf(run);
  const counts = run.events.filter((event) => event.seq > toSeq && !voids.has(event.seq));
  const started = new Map(run.events.filter(({ kind }) => kind === 'step.started').map(({ data }) => [data.step, data]));
  return counts.filter(({ kind, data }) => kind === 'step.completed' && started.has(data.step) && changes(started.get(data.step)) && started.get(data.step).effect === 'tool.call')
    .reverse().map(({ data }) => ({ step: data.step, occurrence: data.occurrence, effect: 'tool.call', unsafe: started.get(data.step).repeat === 'unsafe' }));
}

function rollBack(run, { toSeq, dryRun, note, leaveIrreversible, goOn }, refuse) {
  const effects = effectsSince(run, toSeq);
  const view = ({ step, occurrence, effect }) => ({ step, occurrence, effect });
  const plan = { toSeq, undo: effects.filter((each) => !each.unsafe).map(view), irreversible: effects.filter((each) => each.unsafe).map(view), run: null };
  if (dryRun) return plan;
  if (plan.irreversible.length > 0 && !leaveIrreversible) throw refuse(409, 'runs.irreversible', 'These steps cannot be undone.');
  append(run, 'run.rollback_requested', { toSeq, by, note: note ?? null, leaveIrreversible, goOn });
  append(run, 'run.rolled_back', { toSeq, by });
  if (!goOn) append(run, 'run.paused', { by, reason: 'Rolled back.' });
  return { ...plan, run };
}

function checkpointsOf(run) {
  const voids = voidsOf(run);
  const open = new Set();
  let stepsCount = 0;
  const found = [];
  for (const { kind, seq, at, data } of run.events) {
    if (kind === 'step.started') {
      open.add(data.step);
      stepsCount++;
    }
    if (kind === 'step.completed' || kind === 'step.failed') open.delete(data.step);
    const isPlace = ['run.created', 'step.completed', 'step.failed', 'signal.delivered', 'run.forked'].includes(kind);
    if (!isPlace || open.size > 0 || voids.has(seq) || (run.forkSeq !== null && seq <= run.forkSeq)) continue;
    found.unshift({ seq, at, kind, step: data.step ?? null, stepsCount, undoable: !effectsSince(run, seq).some((each) => each.unsafe) });
  }
  return found;
}

function stateAt(run, seq) {
  const steps = new Map();
  const phases = { 'step.started': 'started', 'step.completed': 'over', 'step.failed': 'over', 'step.in_doubt': 'inDoubt', 'step.parked': 'parked' };
  let [tokensIn, tokensOut, stepsCount, status] = [0, 0, 0, 'queued'];
  const told = [];
  for (const { kind, data } of run.events.slice(0, seq + 1)) {
    if (phases[kind]) steps.set(data.step, { step: data.step, occurrence: data.occurrence, phase: phases[kind], faultCode: data.fault?.code ?? null });
    if (kind === 'step.started') stepsCount++;
    tokensIn += data.usage?.tokensIn ?? 0;
    tokensOut += data.usage?.tokensOut ?? 0;
    if (kind === 'run.steered') told.push(data.message);
    if (kind === 'run.claimed' || kind === 'run.resumed') status = 'running';
    if (kind === 'run.paused') status = 'paused';
    if (kind === 'run.completed' || kind === 'run.failed') status = kind.slice(4);
  }
  return {
    runId: run.id, seq, at: run.events[seq].at, counts: !voidsOf(run).has(seq), status, stepsCount, tokensIn, tokensOut, costMicroUsd: 0,
    steps: [...steps.values()], signals: 0, program: { turn: stepsCount, task: run.title, told },
  };
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { GitFork, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { ApiError, messageOf } from '@/api/errors';
import { useCanOnRun } from '@/api/permissions';
import { runStateQuery } from '@/api/queries';
import type { RunEvent } from '@/api/run-events';
import type { Checkpoint, Run, RunStateView } from '@/api/types';
import { formatCost, formatCount, formatDateTime, formatTokens, plural } from '@/lib/format';
import { jsonChanges, type JsonChange } from '@/lib/json-diff';
import { prettyJson } from '@/lib/json';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Status } from '@/ui/status';
import { ForkDialog } from './fork-dialog';
import { RollbackDialog } from './rollback-dialog';

interface StateViewProps {
  run: Run;
  seq: number;
  event: RunEvent | undefined;
  checkpoint: Checkpoint | null;
  /** The checkpoint before it, which the state is compared with. */
  before: number | null;
  onRolledBack: () => void;
}

/** The state after one event, what is new in it, and what can be done from there. */
export function StateView({ run, seq, event, checkpoint, before, onRolledBack }: StateViewProps) {
  const state = useQuery(runStateQuery(run.id, seq));
  const previous = useQuery({ ...runStateQuery(run.id, before ?? 0), enabled: before !== null });
  const mayControl = useCanOnRun('runs:control', run.id);
  const mayStart = useCanOnRun('runs:start', run.id);
  const [dialog, setDialog] = useState<'rollback' | 'fork' | null>(null);
  if (state.error && !state.data)
    return (
      <Notice
        tone="bad"
        title={messageOf(state.error)}
        code={state.error instanceof ApiError ? state.error.code : null}
        actions={<Button onClick={() => void state.refetch()}>Try again</Button>}
      />
    );
  const output = event?.kind === 'step.completed' ? event.data.output : undefined;
  return (
    <div className="min-w-0 space-y-4" data-testid="run-state" data-seq={state.data?.seq}>
      <Panel
        title={`After event ${seq}`}
        aside={event && <span className="num">{event.kind}</span>}
      >
        {state.data ? <Facts state={state.data} /> : <SkeletonRows rows={2} label="Loading the state" />}
        <div className="flex flex-wrap items-center gap-2 border-t px-4 py-3">
          {checkpoint === null ? (
            <p className="text-12 text-faint">Something was under way here. Choose a checkpoint to roll back or fork.</p>
          ) : (
            <>
              {mayControl && (
                <Button icon={<Undo2 aria-hidden size={14} />} disabled={seq >= run.headSeq} onClick={() => setDialog('rollback')}>
                  Roll back to here
                </Button>
              )}
              {mayStart && (
                <Button icon={<GitFork aria-hidden size={14} />} onClick={() => setDialog('fork')}>Fork from here</Button>
              )}
            </>
          )}
        </div>
      </Panel>
      {before !== null && state.data && previous.data && <Changes before={previous.data} after={state.data} />}
      {state.data && <Code text={prettyJson(shown(state.data))} label={`State after event ${seq}`} caption="State" copy />}
      {dialog === 'rollback' && (
        <RollbackDialog
          run={run}
          toSeq={seq}
          onClose={() => setDialog(null)}
          onDone={() => {
            setDialog(null);
            onRolledBack();
          }}
        />
      )}
      {dialog === 'fork' && <ForkDialog run={run} seq={seq} output={output} onClose={() => setDialog(null)} />}
    </div>
  );
}

function Facts({ state }: { state: RunStateView }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 text-12 text-muted">
      <Status status={state.status} />
      <time dateTime={state.at} className="num">{formatDateTime(state.at)}</time>
      <span>{plural(state.stepsCount, 'step')}</span>
      <span className="num">{formatTokens(state.tokensIn)} / {formatTokens(state.tokensOut)} tokens</span>
      <span className="num">{formatCost(state.costMicroUsd)}</span>
      {state.signals > 0 && <span>{plural(state.signals, 'signal')} not waited for</span>}
      {!state.counts && <span className="text-warn">rolled back since; it counts for nothing</span>}
    </div>
  );
}

const changesMax = 200;

function Changes({ before, after }: { before: RunStateView; after: RunStateView }) {
  const changes = jsonChanges(shown(before), shown(after));
  const title = `Since event ${before.seq}`;
  return (
    <Panel title={title} aside={<span className="num">{plural(changes.length, 'change')}</span>}>
      {changes.length === 0 ? (
        <p className="px-4 py-3 text-muted">Nothing of the state is different.</p>
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
        <div tabIndex={0} role="group" aria-label={title} className="scroll-thin num max-h-[320px] overflow-auto py-2 text-12">
          <ul>
            {changes.slice(0, changesMax).map((change) => <ChangeRow key={change.path} change={change} />)}
          </ul>
          {changes.length > changesMax && <p className="px-4 text-faint">and {formatCount(changes.length - changesMax)} more</p>}
        </div>
      )}
    </Panel>
  );
}

function ChangeRow({ change }: { change: JsonChange }) {
  return (
    <li className="px-4 py-0.5">
      <span className="text-faint">{change.path}</span>
      {change.before !== undefined && (
        <span className="block bg-del-bg px-2 wrap-anywhere"><span aria-label="before" role="img" className="text-bad">− </span>{short(change.before)}</span>
      )}
      {change.after !== undefined && (
        <span className="block bg-add-bg px-2 wrap-anywhere"><span aria-label="after" role="img" className="text-ok">+ </span>{short(change.after)}</span>
      )}
    </li>
  );
}

const valueMax = 2_000;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > valueMax ? `${text.slice(0, valueMax)} …` : text;
}

/** What the state is, without where it is. */
function shown({ status, stepsCount, tokensIn, tokensOut, costMicroUsd, steps, signals, program }: RunStateView) {
  return { status, stepsCount, tokensIn, tokensOut, costMicroUsd, signals, steps, program };
}

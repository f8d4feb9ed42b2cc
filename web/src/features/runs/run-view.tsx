'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Radio, RefreshCw } from 'lucide-react';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { ApiError } from '@/api/errors';
import type { StreamState } from '@/api/event-stream';
import { isOpen, keys, runQuery } from '@/api/queries';
import type { Approval, Run } from '@/api/types';
import { formatCost, formatCount, formatTokens } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button, buttonClass } from '@/ui/button';
import { CopyButton } from '@/ui/copy-button';
import { Markdown } from '@/ui/markdown';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Figures, PageHead, Panel } from '@/ui/panel';
import { percent, ProgressBar } from '@/ui/progress';
import { ModelTag, Status, statusLabel, Tag } from '@/ui/status';
import { Tabs } from '@/ui/tabs';
import { Elapsed } from '@/ui/time';
import { Journal } from './journal';
import { RunControls } from './run-controls';
import { useRunFeed, type RunFeed } from './run-feed';
import { RunOrigin } from './run-origin';
import { StateTab } from './state-tab';
import { SteerBox } from './steer-box';
import { type ApprovalItem } from './timeline-model';
import { TimelineList } from './timeline-list';

interface RunViewProps {
  runId: string;
  /** The card that decides an approval belongs to another feature; the page passes it in. */
  renderApproval: (approval: Approval, decision: { by: string | null; note: string | null; at: string | null }) => ReactNode;
}

export function RunView({ runId, renderApproval }: RunViewProps) {
  const run = useQuery(runQuery(runId));
  if (run.data) return <LiveRun key={runId} run={run.data} renderApproval={renderApproval} />;
  if (run.error) return <RunMissing error={run.error} retry={() => void run.refetch()} />;
  return (
    <>
      <PageHead title="Run" lead={<span className="num">{runId}</span>} />
      <Panel><SkeletonRows rows={8} label="Loading the run" /></Panel>
    </>
  );
}

function LiveRun({ run, renderApproval }: { run: Run } & Pick<RunViewProps, 'renderApproval'>) {
  const feed = useRunFeed(run.id, run.headSeq);
  const { timeline } = feed;
  const url = useUrlState();
  const { set: setUrl } = url;
  const [isSteering, setSteering] = useState(false);
  const showState = useCallback((seq: number) => setUrl({ view: 'states', at: String(seq) }), [setUrl]);
  useRefreshOnChange(feed);
  useTitle(`${statusLabel(timeline.status ?? run.status)} · ${run.title}`);

  const isFolded = timeline.status !== null;
  const status = timeline.status ?? run.status;
  const output = isFolded ? timeline.output : run.output;
  const fault = isFolded ? timeline.fault : run.fault;
  const progress = isOpen(status) ? (timeline.progress ?? run.progress) : null;
  const approval = (item: ApprovalItem) =>
    renderApproval({ ...item, id: item.approvalId, runId: run.id }, { by: item.decidedBy, note: item.note, at: item.decidedAt });

  return (
    <>
      <PageHead
        title={run.title}
        lead={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Status status={status} testId="run-status" />
            <Link href={`/agents/${run.subject}`} className="num text-12 text-muted underline decoration-line-strong underline-offset-3 hover:text-fg">
              {run.subject} v{run.subjectVersion}
            </Link>
            <span className="num inline-flex items-center text-12 text-faint">
              {run.id}
              <CopyButton text={run.id} label="Copy run id" />
            </span>
          </span>
        }
        actions={
          <>
            <Connection state={feed.connection} />
            <RunControls
              run={run}
              status={status}
              isPaused={isFolded ? timeline.isPaused : run.status === 'paused'}
              isSteering={isSteering}
              onSteer={() => setSteering(!isSteering)}
            />
          </>
        }
      />
      <RunOrigin run={run} />
      <div className="relative">
        {status === 'running' && <div aria-hidden className="live-dash @container absolute inset-x-2 top-0 h-px" />}
        <Figures
          items={[
            { label: 'Model', wide: true, value: <span className="text-13"><ModelTag model={run.model} isReal={run.modelIsReal} /></span> },
            { label: 'Duration', value: <Elapsed from={timeline.startedAt ?? run.startedAt} to={timeline.endedAt ?? run.endedAt} /> },
            { label: 'Steps', value: formatCount(isFolded ? timeline.stepsCount : run.stepsCount) },
            { label: 'Tokens in / out', value: tokens(isFolded ? timeline : run) },
            { label: 'Cost', value: formatCost(isFolded ? timeline.costMicroUsd : run.costMicroUsd) },
          ]}
        />
      </div>
      {progress !== null && (
        <div className="mt-3 flex items-center gap-3" data-testid="run-progress">
          <ProgressBar share={progress} label="Progress of the run" className="min-w-0 flex-1" />
          <span className="num text-12 text-muted">{percent(progress)}</span>
        </div>
      )}
      {feed.connection === 'failed' && feed.error && (
        <Notice live tone="bad" className="mt-4" title="The live view stopped" code={feed.error.code}>{feed.error.message}</Notice>
      )}
      <div className="mt-4 space-y-4">
        {isSteering && isOpen(status) && <SteerBox runId={run.id} onClose={() => setSteering(false)} />}
        {timeline.input !== null && <Panel title="Task" bodyClassName="px-4 py-3 whitespace-pre-wrap wrap-anywhere">{timeline.input}</Panel>}
        {output !== null && (
          <Panel title="Answer" aside={<CopyButton text={output} label="Copy answer" />}>
            <div data-testid="run-output" className="px-4 py-3"><Markdown text={output} /></div>
          </Panel>
        )}
        {fault && <Notice tone="bad" title="The run failed" code={fault.code}>{fault.message}</Notice>}
        <Tabs
          label="Views of this run"
          value={url.get('view') ?? 'timeline'}
          onChange={(view) => setUrl({ view: view === 'timeline' ? null : view })}
          tabs={[
            {
              value: 'timeline', label: 'Timeline',
              content: timeline.items.length > 0 ? (
                <TimelineList runId={run.id} timeline={timeline} follow={isOpen(status)} renderApproval={approval} onState={showState} />
              ) : feed.connection === 'connecting' ? (
                <Panel><SkeletonRows rows={6} label="Reading the journal" /></Panel>
              ) : (
                <Panel><Empty title="Nothing has happened yet">The first step appears here as soon as the run is taken up.</Empty></Panel>
              ),
            },
            {
              value: 'states', label: 'States',
              content: (
                <StateTab
                  run={run}
                  timeline={timeline}
                  seq={seqOf(url.get('at'))}
                  onSeq={showState}
                  onRolledBack={() => setUrl({ view: null, at: null })}
                />
              ),
            },
            {
              value: 'journal',
              label: <>Journal <Tag>{formatCount(timeline.events.length)}</Tag></>,
              content: <Journal events={timeline.events} />,
            },
          ]}
        />
      </div>
    </>
  );
}

const seqOf = (text: string | null) => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);

const tokens = (of: { tokensIn: number; tokensOut: number }) => (
  <>
    {formatTokens(of.tokensIn)} <span className="text-faint">/</span> {formatTokens(of.tokensOut)}
  </>
);

function Connection({ state }: { state: StreamState }) {
  const word = { connecting: 'connecting', live: 'live', reconnecting: 'reconnecting', ended: 'ended', failed: 'disconnected' }[state];
  if (state === 'ended') return null;
  return (
    <span role="status" data-testid="run-connection" className="inline-flex h-8 items-center gap-1.5 text-12 text-muted">
      {state === 'live' ? (
        <Radio aria-hidden size={14} className="text-run" />
      ) : (
        <RefreshCw aria-hidden size={13} className={state === 'failed' ? 'text-bad' : 'animate-spin text-warn'} />
      )}
      {word}
    </span>
  );
}

/** The lists, the badge and the header follow the journal instead of waiting for their own next poll. */
function useRefreshOnChange({ timeline, connection }: RunFeed) {
  const client = useQueryClient();
  const { status } = timeline;
  useEffect(() => {
    if (status === null || connection === 'connecting') return;
    void client.invalidateQueries({ queryKey: keys.runs });
    void client.invalidateQueries({ queryKey: keys.approvals });
  }, [client, status, connection]);
}

function RunMissing({ error, retry }: { error: Error; retry: () => void }) {
  const isMissing = error instanceof ApiError && error.status === 404;
  return (
    <>
      <PageHead title={isMissing ? 'No such run' : 'This run cannot be shown'} />
      <Notice
        tone="bad"
        title={isMissing ? 'There is no run with this id, or it belongs to another tenant.' : error.message}
        code={error instanceof ApiError ? error.code : null}
        actions={
          <>
            {!isMissing && <Button onClick={retry}>Try again</Button>}
            <Link href="/runs" className={buttonClass()}>All runs</Link>
          </>
        }
      />
    </>
  );
}

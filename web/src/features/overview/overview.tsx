'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowRight, CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { approvalsQuery, meQuery, recentRunsQuery } from '@/api/queries';
import type { Approval, Run } from '@/api/types';
import { formatCost, formatDuration, plural } from '@/lib/format';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Figures, PageHead, Panel } from '@/ui/panel';
import { Status } from '@/ui/status';
import { Ago } from '@/ui/time';
import { figuresOf, type RecentFigures } from './figures';
import { FirstSteps } from './first-steps';

const recentMax = 50;
const listedMax = 8;

interface OverviewProps {
  /** Parts of other features, put here by the page. */
  runBox: ReactNode;
  renderRuns: (runs: Run[]) => ReactNode;
}

export function Overview({ runBox, renderRuns }: OverviewProps) {
  const me = useQuery(meQuery());
  const runs = useQuery(recentRunsQuery(recentMax));
  const approvals = useQuery(approvalsQuery());
  return (
    <>
      <PageHead title="Overview" lead={me.data ? `${me.data.tenant.name} workspace` : undefined} />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
        <div className="min-w-0 space-y-4">
          {runBox}
          {runs.data && runs.data.length > 0 && <RecentFiguresRow runs={runs.data} />}
          <Panel
            title={runs.data?.length === 0 ? 'First steps' : 'Recent runs'}
            aside={
              <Link href="/runs" className="inline-flex items-center gap-1 hover:text-fg">
                All runs <ArrowRight aria-hidden size={12} />
              </Link>
            }
          >
            {runs.isPending && <SkeletonRows rows={4} label="Loading runs" />}
            {runs.error && !runs.data && (
              <Notice tone="bad" className="m-3" title={messageOf(runs.error)} actions={<Button onClick={() => void runs.refetch()}>Try again</Button>} />
            )}
            {runs.data && runs.data.length > 0 && renderRuns(runs.data.slice(0, listedMax))}
            {runs.data?.length === 0 && <FirstSteps />}
          </Panel>
        </div>
        <Attention runs={runs.data ?? []} approvals={approvals.data?.items ?? []} loading={runs.isPending || approvals.isPending} />
      </div>
    </>
  );
}

function RecentFiguresRow({ runs }: { runs: Run[] }) {
  const figures = figuresOf(runs);
  const scope = runs.length >= recentMax ? `last ${recentMax} runs` : 'all runs so far';
  return (
    <Figures
      items={[
        { label: 'Runs', value: figures.runsCount, note: scope },
        { label: 'Under way', value: figures.openCount, note: openNote(figures) },
        {
          label: 'Success',
          value: figures.successShare === null ? '—' : `${Math.round(figures.successShare * 100)}%`,
          note: 'of completed and failed',
        },
        {
          label: 'Duration p95',
          value: figures.durationP95Ms === null ? '—' : formatDuration(figures.durationP95Ms),
          note: `of ${figures.endedCount} ended`,
        },
        { label: 'Spend', value: formatCost(figures.costMicroUsd), note: scope },
      ]}
    />
  );
}

function openNote({ openCount, pausedCount, queuedCount }: RecentFigures): string {
  const parts = [queuedCount > 0 && `${queuedCount} queued`, pausedCount > 0 && `${pausedCount} paused`].filter(Boolean);
  if (parts.length > 0) return parts.join(', ');
  return openCount === 0 ? 'nothing at the moment' : 'none queued or paused';
}

const attentionMax = 8;

function Attention({ runs, approvals, loading }: { runs: Run[]; approvals: Approval[]; loading: boolean }) {
  const doubtful = runs.filter((run) => run.status === 'inDoubt');
  const failed = runs.filter((run) => run.status === 'failed');
  const paused = runs.filter((run) => run.status === 'paused');
  const count = approvals.length + doubtful.length + failed.length + paused.length;
  const rows = [
    ...approvals.map((approval) => ({
      key: approval.id, href: `/runs/${approval.runId}`, status: 'pending', title: approval.title,
      detail: `approval · ${approval.tool}`, at: approval.requestedAt,
    })),
    ...[...doubtful, ...failed, ...paused].map((run) => ({
      key: run.id, href: `/runs/${run.id}`, status: run.status as string, title: run.title,
      detail: run.fault?.code ?? (run.status === 'paused' ? 'waits for somebody to let it go on' : 'a step is in doubt'), at: run.endedAt ?? run.createdAt,
    })),
  ];
  return (
    <Panel title="Needs attention" aside={count > 0 ? <span className="num">{count}</span> : undefined} className="self-start">
      {loading ? (
        <SkeletonRows rows={2} />
      ) : rows.length === 0 ? (
        <p className="flex items-center gap-2 px-4 py-3 text-muted">
          <CircleCheck aria-hidden size={15} className="shrink-0 text-ok" />
          Nothing waits for you.
        </p>
      ) : (
        <ul className="divide-y">
          {rows.slice(0, attentionMax).map((row) => (
            <li key={row.key}>
              <Link href={row.href} className="flex min-h-11 items-start gap-3 px-4 py-2 hover:bg-hover">
                <span className="mt-0.5"><Status status={row.status} iconOnly /></span>
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{row.title}</span>
                  <span className="num block truncate text-11 text-faint">{row.detail}</span>
                </span>
                <span className="text-11 text-faint"><Ago at={row.at} /></span>
              </Link>
            </li>
          ))}
          {rows.length > attentionMax && (
            <li className="px-4 py-2 text-12 text-faint">and {plural(rows.length - attentionMax, 'more', 'more')}</li>
          )}
        </ul>
      )}
    </Panel>
  );
}

'use client';

import { isOpen } from '@/api/queries';
import type { Run } from '@/api/types';
import { formatCost, plural } from '@/lib/format';
import { Link } from '@/lib/nav';
import { percent, ProgressBar } from '@/ui/progress';
import { Status, Tag } from '@/ui/status';
import { Ago, Elapsed } from '@/ui/time';

/** Runs as rows: a whole row is one link, and the figures line up. */
export function RunRows({ runs }: { runs: Run[] }) {
  return (
    <ul className="divide-y">
      {runs.map((run) => (
        <li key={run.id}>
          <Link
            href={`/runs/${run.id}`}
            className="grid min-h-11 grid-cols-[18px_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-1.5 hover:bg-hover md:grid-cols-[18px_minmax(0,1fr)_68px_76px_72px]"
          >
            <Status status={run.status} iconOnly />
            <span className="min-w-0">
              <span className="flex items-center gap-2">
                <span className="truncate">{run.title}</span>
                {run.pendingApprovals.length > 0 && <Tag tone="warn">approval</Tag>}
                {run.status === 'paused' && <Tag tone="warn">paused</Tag>}
                {run.status === 'queued' && <Tag>queued</Tag>}
                {!run.modelIsReal && run.model !== null && (
                  <span className="max-sm:hidden"><Tag>{run.model.startsWith('replay') ? 'replay' : 'scripted'}</Tag></span>
                )}
              </span>
              <span className="num block truncate text-11 text-faint">
                {run.subject} v{run.subjectVersion} · {plural(run.stepsCount, 'step')}
                {run.forkedFrom !== null && ' · fork'}
                {run.parentId !== null && ' · child'}
                {run.fault && <span className="text-bad"> · {run.fault.code}</span>}
              </span>
              {run.progress !== null && isOpen(run.status) && (
                <span className="mt-0.5 mb-1 flex max-w-72 items-center gap-2">
                  <ProgressBar share={run.progress} label={`Progress of ${run.title}`} className="min-w-0 flex-1" />
                  <span className="num text-11 text-muted">{percent(run.progress)}</span>
                </span>
              )}
            </span>
            <span className="num text-right text-12 text-muted max-md:hidden">{formatCost(run.costMicroUsd)}</span>
            <span className="text-right text-12 text-muted max-md:hidden"><Elapsed from={run.startedAt} to={run.endedAt} /></span>
            <span className="text-right text-12 text-faint"><Ago at={run.createdAt} /></span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

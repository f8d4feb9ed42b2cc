'use client';

import { CornerLeftUp, GitFork, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Run } from '@/api/types';
import { shortId } from '@/lib/format';
import { Link } from '@/lib/nav';

/** Where a run came from, if not from a person's task. */
export function RunOrigin({ run }: { run: Run }) {
  if (run.forkedFrom === null && run.parentId === null) return null;
  return (
    <div data-testid="run-origin" className="mb-4 divide-y rounded-md border bg-surface">
      {run.forkedFrom !== null && (
        <Line icon={GitFork}>
          Forked from <RunLink id={run.forkedFrom} query={`?view=states&at=${run.forkSeq ?? 0}`} /> after event{' '}
          <span className="num">{run.forkSeq}</span>. What came before happened there.
        </Line>
      )}
      {run.parentId !== null && (
        <Line icon={CornerLeftUp}>
          Started by <RunLink id={run.parentId} />, which waits for it.
        </Line>
      )}
    </div>
  );
}

function Line({ icon: Icon, children }: { icon: LucideIcon; children: ReactNode }) {
  return (
    <p className="flex min-h-9 items-center gap-2.5 px-4 py-1.5 text-muted">
      <Icon aria-hidden size={15} className="shrink-0 text-accent" />
      <span className="min-w-0">{children}</span>
    </p>
  );
}

export function RunLink({ id, query = '' }: { id: string; query?: string }) {
  return (
    <Link href={`/runs/${id}${query}`} className="num text-accent underline underline-offset-3 hover:text-fg" title={id}>
      {shortId(id)}
    </Link>
  );
}

import type { ReactNode } from 'react';
import { isOpen } from '@/api/queries';
import type { Run } from '@/api/types';
import { Link } from '@/lib/nav';
import { percent, ProgressBar } from '@/ui/progress';
import { Status } from '@/ui/status';
import { Ago } from '@/ui/time';

interface RunLineProps {
  run: Run;
  /** What it is called while it goes on. */
  doing: string;
  /** What it is called when it is over. */
  done: string;
  /** What the bar measures. */
  progress: string;
  testId?: string;
  /** Said beside the bar. */
  children?: ReactNode;
}

/** A run in one line, where it is watched in another place than its own: how far it is, and then what became of it. */
export function RunLine({ run, doing, done, progress, testId, children }: RunLineProps) {
  const open = isOpen(run.status);
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-1.5 rounded-md border bg-surface px-4 py-2">
      <Status status={run.status} testId={testId} />
      <Link href={`/runs/${run.id}`} className="text-accent hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center">
        {open ? doing : done}
      </Link>
      {open && (
        <span className="flex min-w-40 flex-1 items-center gap-3">
          <ProgressBar share={run.progress} label={progress} className="min-w-0 flex-1" />
          {run.progress !== null && <span className="num text-12 text-muted">{percent(run.progress)}</span>}
          {children}
        </span>
      )}
      {!open && run.fault && <span className="min-w-0 flex-1 text-bad wrap-anywhere">{run.fault.message}</span>}
      {!open && !run.fault && <span className="min-w-0 flex-1 text-muted wrap-anywhere">{run.output}</span>}
      {run.endedAt && <span className="text-12 text-faint"><Ago at={run.endedAt} /></span>}
    </div>
  );
}

import { isOpen } from '@/api/queries';
import type { Run, RunStatus } from '@/api/types';
import { percentile } from '@/lib/format';

export interface RecentFigures {
  runsCount: number;
  endedCount: number;
  /** Not ended: what is queued and paused is among them. */
  openCount: number;
  queuedCount: number;
  pausedCount: number;
  /** Completed among those that ended by themselves (a cancelled run is neither success nor failure). */
  successShare: number | null;
  durationP95Ms: number | null;
  costMicroUsd: number;
}

/** Figures of the listed runs and of no others; whoever shows them says so. */
export function figuresOf(runs: Run[]): RecentFigures {
  const judged = runs.filter((run) => run.status === 'completed' || run.status === 'failed');
  const completed = judged.filter((run) => run.status === 'completed');
  const durations = runs.flatMap((run) =>
    run.startedAt && run.endedAt ? [Date.parse(run.endedAt) - Date.parse(run.startedAt)] : [],
  );
  const count = (status: RunStatus) => runs.filter((run) => run.status === status).length;
  return {
    runsCount: runs.length,
    openCount: runs.filter((run) => isOpen(run.status)).length,
    queuedCount: count('queued'),
    pausedCount: count('paused'),
    endedCount: durations.length,
    successShare: judged.length === 0 ? null : completed.length / judged.length,
    durationP95Ms: percentile(durations, 0.95),
    costMicroUsd: runs.reduce((sum, run) => sum + run.costMicroUsd, 0),
  };
}

'use client';

import { Overview } from '@/features/overview/overview';
import { RunBox } from '@/features/runs/run-box';
import { RunRows } from '@/features/runs/runs-table';

export function OverviewScreen() {
  return <Overview runBox={<RunBox />} renderRuns={(runs) => <RunRows runs={runs} />} />;
}

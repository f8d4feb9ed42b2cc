'use client';

import { ApprovalCard } from '@/features/approvals/approval-card';
import { RunView } from '@/features/runs/run-view';
import { usePathTail } from '@/lib/nav';

export function RunScreen() {
  const runId = usePathTail();
  return (
    <RunView
      key={runId}
      runId={runId}
      renderApproval={(approval, decision) => <ApprovalCard approval={approval} decision={decision} />}
    />
  );
}

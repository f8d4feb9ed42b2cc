'use client';

import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { approvalsQuery } from '@/api/queries';
import { shortId } from '@/lib/format';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { PageHead, Panel } from '@/ui/panel';
import { Ago } from '@/ui/time';
import { ApprovalCard } from './approval-card';

export function ApprovalsList() {
  const approvals = useQuery(approvalsQuery());
  return (
    <>
      <PageHead title="Approvals" lead="Agents stop here before they do what their definition says a person must allow." />
      {approvals.isPending && <Panel><SkeletonRows rows={3} label="Loading approvals" /></Panel>}
      {approvals.error && !approvals.data && (
        <Notice tone="bad" title={messageOf(approvals.error)} actions={<Button onClick={() => void approvals.refetch()}>Try again</Button>} />
      )}
      {approvals.data?.items.length === 0 && (
        <Panel>
          <Empty title="Nothing waits for you">
            When a tool’s policy in an agent’s definition is <code className="num">approval</code>, the call waits here with
            its exact arguments and, for changes, the diff. Closing the page loses nothing.
          </Empty>
        </Panel>
      )}
      <div className="space-y-4">
        {approvals.data?.items.map((approval) => (
          <ApprovalCard
            key={approval.id}
            approval={approval}
            origin={
              <p className="text-12 text-muted">
                Asked <Ago at={approval.requestedAt} /> in{' '}
                <Link href={`/runs/${approval.runId}`} className="num underline decoration-line-strong underline-offset-3 hover:text-fg">
                  run {shortId(approval.runId)}
                </Link>
              </p>
            }
          />
        ))}
        {approvals.data?.nextCursor && (
          <p className="text-center text-12 text-faint">More are waiting; they appear as these are answered.</p>
        )}
      </div>
    </>
  );
}

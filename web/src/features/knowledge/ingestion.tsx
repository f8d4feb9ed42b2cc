'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { ingest } from '@/api/knowledge-calls';
import { ingestionQuery, knowledgeKeys } from '@/api/knowledge-queries';
import { useCan } from '@/api/permissions';
import { isOpen } from '@/api/queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import type { Run } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { Link } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';
import { percent, ProgressBar } from '@/ui/progress';
import { Status } from '@/ui/status';
import { Ago } from '@/ui/time';

/** The reading of documents that wait: started here, watched while it goes on, and what became of it. */
export function Ingestion({ base }: { base: KnowledgeBase }) {
  const mayWrite = useCan('knowledge:write');
  const newest = useIngestion(base.name);
  const client = useQueryClient();
  // One key until it is started: pressing again after a lost answer does not start a second one.
  const key = useRef(randomKey());
  const start = useMutation({
    mutationFn: () => ingest(base.name, key.current),
    onSuccess: (run) => {
      key.current = randomKey();
      client.setQueryData(ingestionQuery(base.name).queryKey, run);
    },
  });
  const isReading = newest !== null && isOpen(newest.status);
  return (
    <>
      {base.pending > 0 && !isReading && (
        <Notice
          tone="info"
          title={`${plural(base.pending, 'document')} not read yet`}
          actions={mayWrite && <Button tone="primary" busy={start.isPending} onClick={() => start.mutate()}>Read now</Button>}
        >
          What has not been read is not found.
        </Notice>
      )}
      {start.error && <Failure error={start.error} />}
      {newest && <IngestionRow run={newest} base={base} />}
    </>
  );
}

/** The newest ingestion. When it ends, what was shown of the base is not true any more; while it goes on, its counts change. */
function useIngestion(base: string): Run | null {
  const client = useQueryClient();
  const { data: run, dataUpdatedAt } = useQuery(ingestionQuery(base));
  const seen = useRef<{ id: string; open: boolean } | null>(null);
  useEffect(() => {
    if (!run) return;
    const open = isOpen(run.status);
    const before = seen.current;
    seen.current = { id: run.id, open };
    const isNews = before !== null && (before.open || before.id !== run.id);
    if (isNews) void client.invalidateQueries({ queryKey: knowledgeKeys.base(base) });
    if (isNews && !open) void client.invalidateQueries({ queryKey: knowledgeKeys.bases });
  }, [run, dataUpdatedAt, base, client]);
  return run ?? null;
}

function IngestionRow({ run, base }: { run: Run; base: KnowledgeBase }) {
  const open = isOpen(run.status);
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-1.5 rounded-md border bg-surface px-4 py-2">
      <Status status={run.status} testId="ingestion-status" />
      <Link href={`/runs/${run.id}`} className="text-accent hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center">
        {open ? 'Reading documents' : 'Last reading'}
      </Link>
      {open && (
        <span className="flex min-w-40 flex-1 items-center gap-3">
          <ProgressBar share={run.progress} label="Progress of the reading" className="min-w-0 flex-1" />
          {run.progress !== null && <span className="num text-12 text-muted">{percent(run.progress)}</span>}
          <span className="num text-12 whitespace-nowrap text-muted">{plural(base.pending, 'document')} left</span>
        </span>
      )}
      {!open && run.fault && <span className="min-w-0 flex-1 text-bad wrap-anywhere">{run.fault.message}</span>}
      {!open && !run.fault && <span className="min-w-0 flex-1 text-muted wrap-anywhere">{run.output}</span>}
      {run.endedAt && <span className="text-12 text-faint"><Ago at={run.endedAt} /></span>}
    </div>
  );
}

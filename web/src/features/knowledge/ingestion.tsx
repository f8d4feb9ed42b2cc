'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { ingest } from '@/api/knowledge-calls';
import { ingestionQuery, knowledgeKeys } from '@/api/knowledge-queries';
import { isOpen } from '@/api/queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import type { Run } from '@/api/types';
import { Failure } from '@/features/failure';
import { RunLine } from '@/features/run-line';
import { plural } from '@/lib/format';
import { randomKey } from '@/lib/random';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';
import { useMayWrite } from './may-write';

/** The reading of documents that wait: started here, watched while it goes on, and what became of it. */
export function Ingestion({ base }: { base: KnowledgeBase }) {
  const mayWrite = useMayWrite(base.name);
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
  return (
    <RunLine run={run} doing="Reading documents" done="Last reading" progress="Progress of the reading" testId="ingestion-status">
      <span className="num text-12 whitespace-nowrap text-muted">{plural(base.pending, 'document')} left</span>
    </RunLine>
  );
}

import { useQuery, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { isOpen } from '@/api/queries';
import { newestRunQuery } from '@/api/settings-queries';
import type { Run } from '@/api/types';

/** The newest run of a kind, whoever started it. While it goes on and when it ends, what it changes is read again. */
export function useNewestRun(kind: string, changes: readonly QueryKey[]): Run | null {
  const client = useQueryClient();
  const { data: run, dataUpdatedAt } = useQuery(newestRunQuery(kind));
  const seen = useRef<{ id: string; open: boolean } | null>(null);
  const changed = useRef(changes);
  useEffect(() => {
    if (!run) return;
    const before = seen.current;
    seen.current = { id: run.id, open: isOpen(run.status) };
    if (before === null || (!before.open && before.id === run.id)) return;
    for (const queryKey of changed.current) void client.invalidateQueries({ queryKey });
  }, [run, dataUpdatedAt, client]);
  return run ?? null;
}

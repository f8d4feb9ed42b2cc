import type { InfiniteData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Page } from '@/api/types';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Table, type Column } from '@/ui/table';

export interface PagedList<T> {
  data: InfiniteData<Page<T>> | undefined;
  isPending: boolean;
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface ListPanelProps<T> {
  /** What is listed, as in "members". */
  label: string;
  title?: string;
  aside?: ReactNode;
  list: PagedList<T>;
  columns: Column<T>[];
  keyOf: (item: T) => string;
  actions?: (item: T) => ReactNode;
  empty: ReactNode;
  more?: string;
}

/** A list that comes in pages: on its way, failed, empty, or a table with more to fetch. */
export function ListPanel<T>({ label, title, aside, list, columns, keyOf, actions, empty, more }: ListPanelProps<T>) {
  if (list.error && !list.data) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={title} aside={aside}>
      {list.isPending && <SkeletonRows rows={4} label={`Loading ${label}`} />}
      {list.data && items.length === 0 && empty}
      {items.length > 0 && <Table label={label} columns={columns} items={items} keyOf={keyOf} actions={actions} />}
      {list.hasNextPage && (
        <div className="border-t p-2 text-center">
          <Button tone="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{more ?? 'Show more'}</Button>
        </div>
      )}
    </Panel>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useCan } from '@/api/permissions';
import type { AuditFilter } from '@/api/settings-calls';
import { auditQuery } from '@/api/settings-queries';
import { Failure } from '@/features/failure';
import { useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Empty, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { SettingsPage } from '../parts/settings-page';
import { useSubjects } from '../parts/subjects';
import { AuditFilters, type FilterChange } from './audit-filters';
import { AuditRow } from './audit-row';
import { Evidence } from './evidence';
import { Export } from './export';
import { LogState } from './log-state';

const filterNames = ['action', 'actor', 'resource', 'outcome', 'from', 'to'] as const;

export function Audit() {
  const url = useUrlState();
  const filter: AuditFilter = Object.fromEntries(filterNames.map((name) => [name, url.get(name) ?? undefined]));
  const isFiltered = filterNames.some((name) => filter[name]);
  const maySeeEvidence = useCan('evidence:read');
  const set = (change: FilterChange) => url.set(change);
  const clear = () => url.set(Object.fromEntries(filterNames.map((name) => [name, null])));
  return (
    <SettingsPage actions={<Export filter={filter} />}>
      <AuditFilters filter={filter} onChange={set} />
      <Entries filter={filter} onChange={set} onClear={isFiltered ? clear : undefined} />
      {maySeeEvidence && <Evidence />}
      <LogState />
    </SettingsPage>
  );
}

interface EntriesProps {
  filter: AuditFilter;
  onChange: (change: FilterChange) => void;
  onClear?: () => void;
}

function Entries({ filter, onChange, onClear }: EntriesProps) {
  const entries = useInfiniteQuery(auditQuery(filter));
  const names = new Map(useSubjects().map(({ id, label }) => [id, label.replace(/ \(.*\)$/, '')]));
  if (entries.error && !entries.data) return <Failure error={entries.error} onRetry={() => void entries.refetch()} />;
  const items = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel
      title="Entries, newest first"
      aside={<Button tone="quiet" busy={entries.isFetching && !entries.isPending} onClick={() => void entries.refetch()}>Refresh</Button>}
    >
      {entries.isPending && <SkeletonRows rows={8} label="Loading the audit log" />}
      {items.length > 0 && (
        <ul className="divide-y">
          {items.map((entry) => <AuditRow key={entry.id} entry={entry} names={names} onFilter={onChange} />)}
        </ul>
      )}
      {entries.data && items.length === 0 && (
        <Empty title="No entry matches" actions={onClear && <Button onClick={onClear}>Clear filters</Button>} />
      )}
      {entries.hasNextPage && (
        <div className="border-t p-2 text-center">
          <Button tone="quiet" busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>Older entries</Button>
        </div>
      )}
    </Panel>
  );
}

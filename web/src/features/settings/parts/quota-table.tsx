import type { ReactNode } from 'react';
import type { QuotaState } from '@/api/types';
import { formatCount } from '@/lib/format';
import { quotaShare } from '@/lib/quota';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { ProgressBar } from '@/ui/progress';
import { Tag } from '@/ui/status';
import { Table, type Column } from '@/ui/table';

const columns: Column<QuotaState>[] = [
  {
    title: 'Quota',
    cell: (quota) => (
      <>
        <span className="num text-12 font-medium">{quota.name}</span>
        <span className="block text-12 text-muted">{quota.summary}</span>
      </>
    ),
  },
  {
    title: 'Used',
    cell: (quota) => (
      <span className="num whitespace-nowrap">{formatCount(quota.used)} <span className="text-faint">of {formatCount(quota.limit)}</span></span>
    ),
  },
  {
    title: 'Share',
    className: 'max-md:basis-full md:w-44',
    bare: true,
    cell: (quota) => {
      const share = quotaShare(quota);
      return (
        <span className="flex flex-wrap items-center gap-2">
          <ProgressBar share={share} label={`Share of ${quota.name} in use`} className="w-32" />
          {quota.used > quota.limit ? <Tag tone="warn">over</Tag> : share >= 0.9 && <Tag tone="warn">nearly full</Tag>}
        </span>
      );
    },
  },
  {
    title: 'Limit',
    cell: (quota) =>
      quota.limit === quota.default ? (
        <span className="text-muted">as for everybody</span>
      ) : (
        <span>for this tenant <span className="num text-12 text-muted">({formatCount(quota.default)} for everybody)</span></span>
      ),
  },
];

interface QuotaTableProps {
  quotas: QuotaState[] | undefined;
  title?: string;
  actions?: (quota: QuotaState) => ReactNode;
}

/** What a tenant may have, and how much of it there is. */
export function QuotaTable({ quotas, title, actions }: QuotaTableProps) {
  return (
    <Panel title={title}>
      {!quotas && <SkeletonRows rows={4} label="Loading quotas" />}
      {quotas && <Table label="Quotas" columns={columns} items={quotas} keyOf={(quota) => quota.name} actions={actions} />}
    </Panel>
  );
}

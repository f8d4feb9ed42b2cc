import type { Timeline, TimelineItem } from './timeline-model';

/** Rows that a reader seldom needs, folded into one: what was rolled back, and what a fork shares with its origin. */
export interface ItemGroup {
  kind: 'group';
  key: string;
  reason: 'undone' | 'shared';
  /** The run that they happened in, if it is another. */
  run: string | null;
  stepsCount: number;
  items: readonly Row[];
}

export type Row = TimelineItem | ItemGroup;

export function rowsOf({ items, fork }: Pick<Timeline, 'items' | 'fork'>): Row[] {
  if (fork === null) return foldUndone(items);
  const isShared = (item: TimelineItem) => item.seq <= fork.seq;
  const shared = items.filter(isShared);
  const own = foldUndone(items.filter((item) => !isShared(item)));
  return shared.length === 0 ? own : [groupOf('shared', 'shared', fork.run, foldUndone(shared)), ...own];
}

function foldUndone(items: readonly TimelineItem[]): Row[] {
  const rows: Row[] = [];
  let undone: TimelineItem[] = [];
  const close = () => {
    const by = undone[0]?.voided?.seq;
    if (undone.length > 0) rows.push(groupOf(`undone-${by}`, 'undone', null, undone));
    undone = [];
  };
  for (const item of items) {
    const by = item.voided?.how === 'rollback' ? item.voided.seq : null;
    if (by !== (undone[0]?.voided?.seq ?? null)) close();
    if (by === null) rows.push(item);
    else undone.push(item);
  }
  close();
  return rows;
}

function groupOf(key: string, reason: ItemGroup['reason'], run: string | null, items: readonly Row[]): ItemGroup {
  return { kind: 'group', key, reason, run, items, stepsCount: stepsIn(items) };
}

const stepsIn = (rows: readonly Row[]): number =>
  rows.reduce((sum, row) => sum + (row.kind === 'group' ? row.stepsCount : row.kind === 'step' ? 1 : 0), 0);

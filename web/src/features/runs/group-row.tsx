'use client';

import { ChevronRight, GitFork, Undo2 } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { plural } from '@/lib/format';
import { RunLink } from './run-origin';
import type { ItemGroup, Row } from './timeline-groups';

interface GroupRowProps {
  group: ItemGroup;
  row: (row: Row) => ReactNode;
}

/** Rows of the past, folded into one line until somebody wants to see them. */
export function GroupRow({ group, row }: GroupRowProps) {
  const [open, setOpen] = useState(false);
  const bodyId = useId();
  const isUndone = group.reason === 'undone';
  const Icon = isUndone ? Undo2 : GitFork;
  const words = isUndone ? 'rolled back' : 'shared with';
  return (
    <div data-testid={`group-${group.reason}`}>
      <div className="flex min-h-9 items-center gap-2.5 px-4 text-12 text-muted hover:bg-hover coarse:min-h-11">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={open ? bodyId : undefined}
          onClick={() => setOpen(!open)}
          className="flex min-h-9 min-w-0 items-center gap-2.5 text-left hover:text-fg coarse:min-h-11"
        >
          <Icon aria-hidden size={15} className={cx('shrink-0', isUndone && 'text-warn')} />
          <span className="min-w-0">
            {group.stepsCount > 0 ? plural(group.stepsCount, 'step') : plural(group.items.length, 'line')} {words}
          </span>
          <ChevronRight aria-hidden size={14} className={cx('shrink-0 text-faint transition-transform duration-150', open && 'rotate-90')} />
        </button>
        {group.run !== null && <RunLink id={group.run} />}
      </div>
      {open && (
        <ol id={bodyId} className="divide-y border-t bg-canvas pl-3">
          {group.items.map((item) => (
            <li key={item.key}>{row(item)}</li>
          ))}
        </ol>
      )}
    </div>
  );
}

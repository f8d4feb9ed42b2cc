'use client';

import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { RunEvent } from '@/api/run-events';
import { formatClock } from '@/lib/format';
import { prettyJson } from '@/lib/json';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Empty } from '@/ui/notice';

const pageSize = 200;

/** The events as they stand in the journal, newest page first in reach, each with its JSON. */
export function Journal({ events }: { events: readonly RunEvent[] }) {
  const [pages, setPages] = useState(1);
  const from = Math.max(0, events.length - pages * pageSize);
  if (events.length === 0) return <Empty title="No events yet" />;
  return (
    <div className="overflow-hidden rounded-md border bg-surface">
      {from > 0 && (
        <div className="border-b p-2 text-center">
          <Button tone="quiet" onClick={() => setPages(pages + 1)}>
            Show {Math.min(pageSize, from)} earlier events
          </Button>
        </div>
      )}
      <ol className="divide-y">
        {events.slice(from).map((event) => (
          <JournalRow key={event.seq} event={event} />
        ))}
      </ol>
    </div>
  );
}

function JournalRow({ event }: { event: RunEvent }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="num flex min-h-8 w-full items-center gap-3 px-4 text-left text-12 hover:bg-hover coarse:min-h-11"
      >
        <span className="w-10 shrink-0 text-right text-faint">{event.seq}</span>
        <span className="shrink-0 font-medium">{event.kind}</span>
        <span className="min-w-0 flex-1 truncate text-faint">{JSON.stringify(event.data).slice(0, 200)}</span>
        <span className="shrink-0 text-faint max-sm:hidden">{formatClock(event.at)}</span>
        <ChevronRight aria-hidden size={14} className={open ? 'rotate-90 text-faint' : 'text-faint'} />
      </button>
      {open && (
        <div className="px-4 pb-3">
          <Code text={prettyJson(event)} label={`Event ${event.seq}`} copy />
        </div>
      )}
    </li>
  );
}

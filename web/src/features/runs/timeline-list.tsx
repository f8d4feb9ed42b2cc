'use client';

import { lazy, Suspense, useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { formatClock } from '@/lib/format';
import { SkeletonRows } from '@/ui/notice';
import { StepRow, type TimeSpan } from './step-row';
import { GroupRow } from './group-row';
import { RunLink } from './run-origin';
import { rowsOf, type Row } from './timeline-groups';
import type { ApprovalItem, NoteItem, Timeline } from './timeline-model';

// Only long runs need it, so only they fetch it.
const VirtualRows = lazy(() => import('./virtual-rows'));

const plainMax = 150; // up to here every row is in the page, where the browser's own search finds it
const nearBottomPx = 160;

interface TimelineListProps {
  runId: string;
  timeline: Timeline;
  /** Keep the newest line in view while the reader is at the end. */
  follow: boolean;
  renderApproval: (item: ApprovalItem) => ReactNode;
  /** Looks at the run as it was after an event. */
  onState: (seq: number) => void;
}

export function TimelineList({ runId, timeline, follow, renderApproval, onState }: TimelineListProps) {
  const span = useSpan(timeline);
  const { items, fork } = timeline;
  const rows = useMemo(() => rowsOf({ items, fork }), [items, fork]);
  useFollow(timeline, follow);
  const row = (item: Row): ReactNode => {
    if (item.kind === 'group') return <GroupRow group={item} row={row} />;
    if (item.kind === 'note') return <NoteRow item={item} />;
    if (item.kind === 'approval') return <div className="p-4">{renderApproval(item)}</div>;
    const streaming = item.state === 'running' ? timeline.streaming.get(item.step) : undefined;
    return (
      <StepRow runId={runId} item={item} streaming={streaming} span={span} isOver={timeline.isComplete} onState={onState} />
    );
  };
  return (
    <div data-testid="run-timeline" className="overflow-hidden rounded-md border bg-surface">
      {rows.length > plainMax ? (
        <Suspense fallback={<SkeletonRows rows={12} label="Laying out the steps" />}>
          <VirtualRows items={rows} row={row} />
        </Suspense>
      ) : (
        <ol className="divide-y">
          {rows.map((item) => (
            <li key={item.key}>{row(item)}</li>
          ))}
        </ol>
      )}
    </div>
  );
}

function NoteRow({ item }: { item: NoteItem }) {
  const tones = { plain: 'bg-faint', warn: 'bg-warn', bad: 'bg-bad', ok: 'bg-ok' };
  return (
    <div className="flex min-h-9 items-start gap-2.5 px-4 py-[9px] text-12 text-muted">
      <span aria-hidden className={cx('mx-[5px] mt-1.5 size-1.5 shrink-0 rounded-full', tones[item.tone])} />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <span className={cx(item.voided && 'line-through')}>{item.text}</span>
        {item.run && <> <RunLink id={item.run} /></>}
        {item.quote && <blockquote className="mt-0.5 border-l-2 border-line-strong pl-2.5 text-13 whitespace-pre-wrap text-fg">{item.quote}</blockquote>}
      </div>
      <time dateTime={item.at} className="num text-faint">{formatClock(item.at)}</time>
    </div>
  );
}

function useSpan(timeline: Timeline): TimeSpan {
  const from = timeline.startedAt;
  const to = timeline.endedAt ?? timeline.events.at(-1)?.at ?? from;
  return useMemo(() => ({ from: from ? Date.parse(from) : 0, to: to ? Date.parse(to) : 0 }), [from, to]);
}

function useFollow(timeline: Timeline, follow: boolean) {
  const atEnd = useRef(true);
  useEffect(() => {
    const look = () => {
      const left = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
      atEnd.current = left < nearBottomPx;
    };
    window.addEventListener('scroll', look, { passive: true });
    return () => window.removeEventListener('scroll', look);
  }, []);
  useLayoutEffect(() => {
    if (follow && atEnd.current && timeline.items.length > 0)
      window.scrollTo({ top: document.documentElement.scrollHeight });
  }, [timeline, follow]);
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { messageOf } from '@/api/errors';
import { checkpointsQuery } from '@/api/queries';
import type { Checkpoint, Run } from '@/api/types';
import { cx } from '@/lib/cx';
import { formatClock, plural } from '@/lib/format';
import { Button, IconButton } from '@/ui/button';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { StateView } from './state-view';
import type { Timeline } from './timeline-model';

interface StateTabProps {
  run: Run;
  timeline: Timeline;
  /** The event to look at; null is the newest. It stands in the address, so that a place can be shared. */
  seq: number | null;
  onSeq: (seq: number) => void;
  onRolledBack: () => void;
}

/** The run as it was: choose an event, see the state after it, go back to it or fork there. */
export function StateTab({ run, timeline, seq, onSeq, onRolledBack }: StateTabProps) {
  const head = Math.max(timeline.lastSeq, 0);
  // While the slider is dragged only it moves; the address and the state follow when it rests.
  const [dragged, setDragged] = useState<number | null>(null);
  const at = Math.min(dragged ?? seq ?? head, head);
  const shown = useDeferredValue(Math.min(seq ?? head, head));
  const query = useInfiniteQuery(checkpointsQuery(run.id, head));
  const checkpoints = query.data?.pages.flatMap((page) => page.items) ?? [];
  const earlier = checkpoints.find((each) => each.seq < at);
  const later = checkpoints.findLast((each) => each.seq > at);
  const choose = (next: number) => {
    setDragged(null);
    onSeq(next);
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[300px_minmax(0,1fr)]">
      <Panel title="Checkpoints" aside={<span className="num">event {at} of {head}</span>}>
        <div className="flex items-center gap-1 border-b px-2 py-1.5">
          <IconButton
            label="Checkpoint before"
            icon={<ChevronLeft aria-hidden size={15} />}
            disabled={!earlier}
            onClick={() => earlier && choose(earlier.seq)}
          />
          <input
            type="range"
            aria-label="Event"
            aria-valuetext={`after event ${at}, ${timeline.events[at]?.kind ?? ''}`}
            min={0}
            max={head}
            value={at}
            onChange={(event) => setDragged(Number(event.target.value))}
            onPointerUp={() => choose(at)}
            onKeyUp={() => choose(at)}
            className="h-7 min-w-0 flex-1 accent-accent coarse:h-11"
          />
          <IconButton
            label="Checkpoint after"
            icon={<ChevronRight aria-hidden size={15} />}
            disabled={!later}
            onClick={() => later && choose(later.seq)}
          />
        </div>
        {query.isPending && <SkeletonRows rows={4} label="Loading checkpoints" />}
        {query.error && !query.data && (
          <Notice tone="bad" className="m-3" title={messageOf(query.error)} actions={<Button onClick={() => void query.refetch()}>Try again</Button>} />
        )}
        {query.data && checkpoints.length === 0 && (
          <Empty title="No checkpoint yet">A run can go back to any place at which nothing was under way. There is none so far.</Empty>
        )}
        {checkpoints.length > 0 && (
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
          <div tabIndex={0} role="group" aria-label="List of checkpoints" className="scroll-thin max-h-[220px] overflow-y-auto lg:max-h-[520px]">
            <ol className="divide-y">
              {checkpoints.map((each) => (
                <li key={each.seq}>
                  <CheckpointRow checkpoint={each} isChosen={each.seq === at} onChoose={() => choose(each.seq)} />
                </li>
              ))}
            </ol>
            {query.hasNextPage && (
              <div className="border-t p-2 text-center">
                <Button tone="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Earlier ones</Button>
              </div>
            )}
          </div>
        )}
      </Panel>
      <StateView
        run={run}
        seq={shown}
        event={timeline.events[shown]}
        checkpoint={checkpoints.find((each) => each.seq === shown) ?? null}
        before={checkpoints.find((each) => each.seq < shown)?.seq ?? null}
        onRolledBack={onRolledBack}
      />
    </div>
  );
}

interface CheckpointRowProps {
  checkpoint: Checkpoint;
  isChosen: boolean;
  onChoose: () => void;
}

function CheckpointRow({ checkpoint, isChosen, onChoose }: CheckpointRowProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className={cx(
        'flex min-h-11 w-full items-center gap-3 border-l-2 px-3 py-1 text-left hover:bg-hover',
        isChosen ? 'border-accent bg-accent-soft' : 'border-transparent',
      )}
    >
      <span className="num w-8 shrink-0 text-right text-12 text-muted">{checkpoint.seq}</span>
      <span className="min-w-0 flex-1">
        <span className="num block truncate text-12">{checkpoint.step ?? checkpoint.kind}</span>
        <span className={cx('block text-11', isChosen ? 'text-muted' : 'text-faint')}>
          {plural(checkpoint.stepsCount, 'step')} · {formatClock(checkpoint.at)}
        </span>
      </span>
      {!checkpoint.undoable && <Tag tone="warn">not all undoable</Tag>}
    </button>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, ArrowRight } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { agentsQuery, runsQuery } from '@/api/queries';
import { runStatuses } from '@/api/types';
import { Link, useUrlState } from '@/lib/nav';
import { Button, buttonClass } from '@/ui/button';
import { SelectField } from '@/ui/field';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { PageHead, Panel } from '@/ui/panel';
import { statusLabel } from '@/ui/status';
import { RunRows } from './runs-table';

export function RunsList() {
  const url = useUrlState();
  const agents = useQuery(agentsQuery());
  const status = url.get('status') ?? '';
  const agent = url.get('agent') ?? '';
  const cursor = url.get('cursor');
  const runs = useQuery(runsQuery({ status, subject: agent }, cursor));
  const isFiltered = status !== '' || agent !== '';
  const names = new Set([...(agents.data ?? []).map((each) => each.name), ...(agent ? [agent] : [])]);

  return (
    <>
      <PageHead title="Runs" lead="Everything agents have done, newest first. A run is a journal: open one to see each step." />
      <div className="mb-3 flex flex-wrap gap-3">
        <div className="min-w-36 flex-1 sm:max-w-48">
          <SelectField
            label="Status"
            value={status}
            onChange={(event) => url.set({ status: event.target.value, cursor: null })}
            options={[{ value: '', label: 'Any' }, ...runStatuses.map((value) => ({ value, label: statusLabel(value) }))]}
          />
        </div>
        <div className="min-w-36 flex-1 sm:max-w-60">
          <SelectField
            label="Agent"
            value={agent}
            onChange={(event) => url.set({ agent: event.target.value, cursor: null })}
            options={[{ value: '', label: 'Any' }, ...[...names].map((value) => ({ value, label: value }))]}
          />
        </div>
      </div>
      {runs.error && !runs.data ? (
        <Notice tone="bad" title={messageOf(runs.error)} actions={<Button onClick={() => void runs.refetch()}>Try again</Button>} />
      ) : (
        <Panel>
          {runs.isPending && <SkeletonRows rows={8} label="Loading runs" />}
          {runs.data && runs.data.items.length > 0 && <RunRows runs={runs.data.items} />}
          {runs.data?.items.length === 0 &&
            (isFiltered || cursor ? (
              <Empty
                title="No run matches"
                actions={<Button onClick={() => url.set({ status: null, agent: null, cursor: null })}>Clear filters</Button>}
              />
            ) : (
              <Empty title="No runs yet" actions={<Link href="/" className={buttonClass('primary')}>Start one</Link>}>
                Give an agent a task on the overview, or from a terminal with <code className="num">codexos run</code>.
              </Empty>
            ))}
        </Panel>
      )}
      {(cursor || runs.data?.nextCursor) && (
        <nav aria-label="Pages" className="mt-3 flex justify-between">
          <Button disabled={!cursor} icon={<ArrowLeft aria-hidden size={14} />} onClick={() => url.set({ cursor: null })}>
            Newest
          </Button>
          <Button
            disabled={!runs.data?.nextCursor}
            onClick={() => url.set({ cursor: runs.data?.nextCursor ?? null }, 'push')}
          >
            Older
            <ArrowRight aria-hidden size={14} />
          </Button>
        </nav>
      )}
    </>
  );
}

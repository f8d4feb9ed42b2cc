'use client';

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import { deleteSource, pauseSource, syncSource } from '@/api/knowledge-calls';
import { knowledgeKeys, sourcesQuery } from '@/api/knowledge-queries';
import type { KnowledgeBase, KnowledgeSource, SyncResult } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { formatCount, formatDateTime, plural } from '@/lib/format';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { CheckField } from '@/ui/field';
import { ActionMenu } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Status } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { toast } from '@/ui/toasts';
import { useMayWrite } from './may-write';
import { EditSource, NewSource } from './source-form';

const kindLabels: Record<KnowledgeSource['kind'], string> = {
  folder: 'Folder of the server', web: 'Pages', sitemap: 'Sitemap', git: 'Git repository', s3: 'S3 bucket',
};

/** Where a source is, in one line. */
function whereOf({ place }: KnowledgeSource): string {
  if (place.folder) return place.folder.path;
  if (place.web) return place.web.pages.length === 1 ? place.web.pages[0]! : plural(place.web.pages.length, 'page');
  if (place.sitemap) return place.sitemap.url;
  if (place.git) return [place.git.url, place.git.branch].filter(Boolean).join(' · ');
  return place.s3 ? `${place.s3.endpoint}/${place.s3.bucket}/${place.s3.prefix ?? ''}` : '';
}

/** When a source is synchronised, in one line. */
function whenOf({ schedule, state, nextAt }: KnowledgeSource): string {
  if (!schedule) return 'By hand';
  const rule = schedule.everyMinutes ? `Every ${plural(schedule.everyMinutes, 'minute')}` : `${schedule.cron} (${schedule.timeZone ?? 'UTC'})`;
  if (state === 'paused') return `${rule}, paused`;
  return nextAt ? `${rule}, next ${formatDateTime(nextAt)}` : rule;
}

const countsOf = (result: SyncResult) => [
  `${formatCount(result.added)} added`, `${formatCount(result.changed)} changed`, `${formatCount(result.unchanged)} unchanged`,
  `${formatCount(result.removed)} removed`, `${formatCount(result.failed)} failed`,
].join(', ');

const columns: Column<KnowledgeSource>[] = [
  {
    title: 'Source',
    className: 'md:w-1/3',
    cell: (source) => (
      <>
        <span className="font-medium">{source.name}</span>
        <span className="block text-12 text-muted">{kindLabels[source.kind]}</span>
        <span className="num block text-12 text-faint wrap-anywhere">{whereOf(source)}</span>
      </>
    ),
  },
  { title: 'State', bare: true, cell: (source) => <SourceStateCell source={source} /> },
  { title: 'Documents', cell: (source) => <span className="num">{formatCount(source.documents)}</span> },
  { title: 'Last sync', cell: (source) => <LastSync result={source.lastResult} /> },
  { title: 'When', cell: (source) => <span className="text-12 text-muted">{whenOf(source)}</span> },
];

function SourceStateCell({ source }: { source: KnowledgeSource }) {
  if (source.state === 'syncing') {
    return (
      <>
        <Status status="running" testId="source-state" />
        {source.runId && <Link href={`/runs/${source.runId}`} className="block text-12 text-accent hover:underline">Look at the run</Link>}
      </>
    );
  }
  return source.state === 'paused'
    ? <Status status="paused" testId="source-state" />
    : <Status status={source.lastResult ? source.lastResult.outcome : 'idle'} testId="source-state" />;
}

function LastSync({ result }: { result: SyncResult | null }) {
  if (!result) return <span className="text-faint">Never</span>;
  return (
    <>
      <span className="block text-12"><Ago at={result.endedAt} /></span>
      <span className="block text-12 text-muted">{countsOf(result)}</span>
      {result.faultMessage && (
        <span className="block text-12 text-bad">
          {result.faultMessage} <span className="num text-11 text-faint">{result.faultCode}</span>
        </span>
      )}
      {result.failures.length > 0 && (
        <details className="mt-0.5 text-12">
          <summary className="cursor-pointer text-warn coarse:min-h-11">Why</summary>
          <ul className="space-y-1 pt-1">
            {result.failures.map((failure, number) => (
              <li key={number} className="wrap-anywhere text-muted">
                {failure.item && <span className="num">{failure.item}: </span>}
                {failure.message} <span className="num text-11 text-faint">{failure.code}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

export function Sources({ base }: { base: KnowledgeBase }) {
  const mayWrite = useMayWrite(base.name);
  const sources = useSources(base.name);
  const [asked, setAsked] = useState<'new' | { source: KnowledgeSource; what: 'edit' | 'delete' } | null>(null);
  const close = () => setAsked(null);
  const add = mayWrite && <Button tone="primary" onClick={() => setAsked('new')}>Add source</Button>;
  const isEmpty = sources.data?.pages[0]?.items.length === 0;
  return (
    <div className="space-y-4">
      {mayWrite && !isEmpty && <div className="flex justify-end">{add}</div>}
      <ListPanel
        label="sources"
        list={sources}
        columns={columns}
        keyOf={(source) => source.name}
        actions={mayWrite ? (source) => <SourceActions base={base.name} source={source} onAsk={(what) => setAsked({ source, what })} /> : undefined}
        empty={
          <Empty title="No sources yet" actions={add}>
            A source is a folder, a web site, a repository or a bucket that this base is kept in step with.
          </Empty>
        }
      />
      {asked === 'new' && <NewSource base={base.name} onClose={close} />}
      {asked !== null && asked !== 'new' && asked.what === 'edit' && <EditSource base={base.name} source={asked.source} onClose={close} />}
      {asked !== null && asked !== 'new' && asked.what === 'delete' && <DeleteSource base={base.name} source={asked.source} onClose={close} />}
    </div>
  );
}

/** The sources. When a sync ends, what was shown of the base's documents is not true any more. */
function useSources(base: string) {
  const client = useQueryClient();
  const sources = useInfiniteQuery(sourcesQuery(base));
  const syncing = sources.data?.pages.flatMap((page) => page.items).filter((source) => source.state === 'syncing').length;
  const before = useRef(syncing);
  useEffect(() => {
    if (syncing === undefined) return;
    const hasEnded = before.current !== undefined && syncing < before.current;
    before.current = syncing;
    if (hasEnded) void client.invalidateQueries({ queryKey: knowledgeKeys.base(base) });
  }, [syncing, base, client]);
  return sources;
}

interface SourceActionsProps {
  base: string;
  source: KnowledgeSource;
  onAsk: (what: 'edit' | 'delete') => void;
}

function SourceActions({ base, source, onAsk }: SourceActionsProps) {
  const stale = [knowledgeKeys.sources(base)];
  const failed = { onError: (error: Error) => toast('bad', messageOf(error)) };
  const sync = useChange({ ask: () => syncSource(base, source.name), stale });
  const pause = useChange({ ask: () => pauseSource(base, source.name, source.state !== 'paused'), stale });
  const isSyncing = source.state === 'syncing';
  return (
    <>
      {!isSyncing && (
        <Button tone="quiet" busy={sync.isPending} onClick={() => sync.mutate(undefined, failed)} aria-label={`Sync now: ${source.name}`} className="max-md:hidden">
          Sync now
        </Button>
      )}
      <ActionMenu
        label={`Actions for ${source.name}`}
        actions={[
          ...(isSyncing ? [] : [{ label: 'Sync now', onSelect: () => sync.mutate(undefined, failed) }]),
          ...(source.schedule
            ? [{ label: source.state === 'paused' ? 'Resume the schedule' : 'Pause the schedule', onSelect: () => pause.mutate(undefined, failed) }]
            : []),
          { label: 'Edit', onSelect: () => onAsk('edit') },
          { label: 'Delete', tone: 'danger' as const, onSelect: () => onAsk('delete') },
        ]}
      />
    </>
  );
}

function DeleteSource({ base, source, onClose }: { base: string; source: KnowledgeSource; onClose: () => void }) {
  const [withDocuments, setWithDocuments] = useState(false);
  const change = useChange({
    ask: () => deleteSource(base, source.name, withDocuments),
    stale: [knowledgeKeys.all],
    done: `${source.name} is deleted.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Delete this source?" action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">
        <span className="text-fg">{source.name}</span> is synchronised no more. Its {plural(source.documents, 'document')} stay in the base unless you say
        otherwise.
      </p>
      <CheckField
        label="Delete its documents too"
        checked={withDocuments}
        onChange={(event) => setWithDocuments(event.target.checked)}
      />
    </FormDialog>
  );
}

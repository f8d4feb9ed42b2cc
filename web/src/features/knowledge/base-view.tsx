'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, messageOf } from '@/api/errors';
import { baseQuery } from '@/api/knowledge-queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import { formatBytes, formatCount, plural } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button, buttonClass } from '@/ui/button';
import { ActionMenu } from '@/ui/menu';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Figures, PageHead, Panel } from '@/ui/panel';
import { Tabs } from '@/ui/tabs';
import { ExportBase } from './archive-forms';
import { DeleteBase, DescribeBase, EmbedBase, MoveBase, RerankBase } from './base-forms';
import { Documents } from './documents';
import { Ingestion } from './ingestion';
import { useMayWrite } from './may-write';
import { Quality } from './quality';
import { Search } from './search';
import { Sources } from './sources';
import { Tuning } from './tuning';
import { useUploads } from './uploads';
import { builtInModel, embeddedStore } from './vectors';

export function BaseScreen() {
  const name = useUrlState().get('name') ?? '';
  return name === '' ? <Missing message="The address does not say which knowledge base." /> : <BaseView key={name} name={name} />;
}

function BaseView({ name }: { name: string }) {
  const base = useQuery(baseQuery(name));
  useTitle(name);
  if (base.data) return <Loaded base={base.data} />;
  if (base.error) {
    const isMissing = base.error instanceof ApiError && base.error.status === 404;
    return (
      <Missing
        title={isMissing ? undefined : 'This knowledge base cannot be shown'}
        message={messageOf(base.error)}
        code={base.error instanceof ApiError ? base.error.code : null}
        onRetry={isMissing ? undefined : () => void base.refetch()}
      />
    );
  }
  return (
    <>
      <PageHead title={name} />
      <Panel><SkeletonRows rows={6} label="Loading the knowledge base" /></Panel>
    </>
  );
}

interface MissingProps {
  title?: string;
  message: string;
  code?: string | null;
  onRetry?: () => void;
}

function Missing({ title = 'No such knowledge base', message, code, onRetry }: MissingProps) {
  return (
    <>
      <PageHead title={title} />
      <Notice
        tone="bad"
        title={message}
        code={code}
        actions={
          <>
            {onRetry && <Button onClick={onRetry}>Try again</Button>}
            <Link href="/knowledge" className={buttonClass()}>All knowledge bases</Link>
          </>
        }
      />
    </>
  );
}

function Loaded({ base }: { base: KnowledgeBase }) {
  const url = useUrlState();
  const uploads = useUploads(base.name);
  const tab = ['search', 'sources', 'quality', 'tuning'].find((each) => each === url.get('view')) ?? 'documents';
  return (
    <>
      <PageHead title={base.name} lead={base.description} actions={<BaseActions base={base} />} />
      <div className="space-y-4">
        <Figures
          items={[
            { label: 'Documents', value: formatCount(base.documents) },
            { label: 'Not read yet', value: <span className={base.pending > 0 ? 'text-warn' : undefined}>{formatCount(base.pending)}</span> },
            { label: 'Failed', value: <span className={base.failed > 0 ? 'text-bad' : undefined}>{formatCount(base.failed)}</span> },
            { label: 'Passages', value: formatCount(base.passages) },
            { label: 'Size', value: formatBytes(base.sizeBytes) },
            { label: 'Vectors', value: <Vectors base={base} />, wide: true },
            ...(base.synonymRules > 0 ? [{ label: 'Synonyms', value: plural(base.synonymRules, 'rule') }] : []),
            ...(base.hasBoosts ? [{ label: 'Boosts', value: 'yes' }] : []),
            ...(base.reranker ? [{ label: 'Reranker', value: <span className="break-words">{base.reranker}</span>, wide: true }] : []),
          ]}
        />
        <Ingestion base={base} />
        <Tabs
          label="Parts of this knowledge base"
          value={tab}
          onChange={(value) => url.set({ view: value === 'documents' ? null : value })}
          tabs={[
            { value: 'documents', label: 'Documents', content: <Documents base={base} uploads={uploads} /> },
            { value: 'sources', label: 'Sources', content: <Sources base={base} /> },
            { value: 'search', label: 'Search', content: <Search base={base} /> },
            { value: 'quality', label: 'Quality', content: <Quality base={base} /> },
            { value: 'tuning', label: 'Tuning', content: <Tuning base={base} /> },
          ]}
        />
      </div>
    </>
  );
}

/** What makes the vectors, and where they lie if it is not the index of the server. */
function Vectors({ base }: { base: KnowledgeBase }) {
  const model = base.model === builtInModel ? 'built in' : base.model;
  return (
    <span className="break-words">
      {base.store === embeddedStore ? model : `${model}, in ${base.store}`}
      {base.storeFault && <span className="block text-12 text-warn">{base.storeFault}</span>}
    </span>
  );
}

function BaseActions({ base }: { base: KnowledgeBase }) {
  const mayWrite = useMayWrite(base.name);
  const [asked, setAsked] = useState<'describe' | 'embed' | 'rerank' | 'move' | 'export' | 'delete' | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <ActionMenu
        label={`Actions for ${base.name}`}
        actions={[
          ...(mayWrite
            ? [
                { label: 'Change description', onSelect: () => setAsked('describe') },
                { label: 'Change model', onSelect: () => setAsked('embed') },
                { label: 'Change reranker', onSelect: () => setAsked('rerank') },
                { label: 'Move vectors', onSelect: () => setAsked('move') },
              ]
            : []),
          { label: 'Export', onSelect: () => setAsked('export') },
          ...(mayWrite ? [{ label: 'Delete', tone: 'danger' as const, onSelect: () => setAsked('delete') }] : []),
        ]}
      />
      {asked === 'describe' && <DescribeBase base={base} onClose={close} />}
      {asked === 'embed' && <EmbedBase base={base} onClose={close} />}
      {asked === 'rerank' && <RerankBase base={base} onClose={close} />}
      {asked === 'move' && <MoveBase base={base} onClose={close} />}
      {asked === 'export' && <ExportBase base={base} onClose={close} />}
      {asked === 'delete' && <DeleteBase base={base} onClose={close} />}
    </>
  );
}

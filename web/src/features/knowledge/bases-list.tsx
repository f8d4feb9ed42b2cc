'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { basesQuery } from '@/api/knowledge-queries';
import { useCanMake } from '@/api/permissions';
import type { KnowledgeBase } from '@/api/knowledge-types';
import { ListPanel } from '@/features/list-panel';
import { Needs } from '@/features/needs';
import { formatBytes, formatCount } from '@/lib/format';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { PageHead } from '@/ui/panel';
import type { Column } from '@/ui/table';
import { ImportBase } from './archive-forms';
import { NewBase } from './base-forms';
import { baseHref } from './passages';

const figure = (value: number, className = '') => <span className={`num whitespace-nowrap ${className}`}>{formatCount(value)}</span>;

const columns: Column<KnowledgeBase>[] = [
  {
    title: 'Knowledge base',
    className: 'md:w-1/2',
    cell: (base) => (
      <>
        <Link href={baseHref(base.name)} className="font-medium text-accent hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center">
          {base.name}
        </Link>
        {base.description && <span className="line-clamp-2 text-muted">{base.description}</span>}
      </>
    ),
  },
  { title: 'Documents', cell: (base) => figure(base.documents) },
  { title: 'Not read yet', cell: (base) => figure(base.pending, base.pending > 0 ? 'text-warn' : 'text-faint') },
  { title: 'Failed', cell: (base) => figure(base.failed, base.failed > 0 ? 'text-bad' : 'text-faint') },
  { title: 'Passages', cell: (base) => figure(base.passages) },
  { title: 'Size', cell: (base) => <span className="num whitespace-nowrap">{formatBytes(base.sizeBytes)}</span> },
];

const title = 'Knowledge';
const lead = 'Documents that agents search, so that they answer from them and say where it stands.';

export function BasesList() {
  return (
    <Needs permission="knowledge:read" head={<PageHead title={title} lead={lead} />}>
      <Bases />
    </Needs>
  );
}

function Bases() {
  const bases = useInfiniteQuery(basesQuery());
  const mayMake = useCanMake('knowledge:write');
  const [asked, setAsked] = useState<'new' | 'import' | null>(null);
  const make = mayMake && (
    <>
      <Button onClick={() => setAsked('import')}>Import</Button>
      <Button tone="primary" onClick={() => setAsked('new')}>New knowledge base</Button>
    </>
  );
  const isEmpty = bases.data?.pages[0]?.items.length === 0;
  return (
    <>
      <PageHead title={title} lead={lead} actions={!isEmpty && make} />
      <ListPanel
        label="knowledge bases"
        list={bases}
        columns={columns}
        keyOf={(base) => base.id}
        empty={
          <Empty title="No knowledge bases yet" actions={make}>
            <p>
              A knowledge base holds documents: PDF, office files, mail, web pages, tables, text and code. They are read, cut into
              passages, and found by what is asked.
            </p>
            <p className="mt-2">
              {mayMake
                ? 'Make one, drop your files on it, and have them read; or import one from an archive. An agent that is given it answers from them.'
                : 'Whoever holds knowledge:write can make one.'}
            </p>
          </Empty>
        }
      />
      {asked === 'new' && <NewBase onClose={() => setAsked(null)} />}
      {asked === 'import' && <ImportBase onClose={() => setAsked(null)} />}
    </>
  );
}

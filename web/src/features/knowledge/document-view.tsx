'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { documentQuery, documentTextQuery } from '@/api/knowledge-queries';
import type { KnowledgeDocument } from '@/api/knowledge-types';
import { Failure } from '@/features/failure';
import { formatBytes, formatCount } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button, buttonClass } from '@/ui/button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Figures, PageHead, Panel } from '@/ui/panel';
import { Status } from '@/ui/status';
import { documentStatus, useSaveDocument } from './documents';
import { baseHref, passageNumber, sectionsOf, type Section } from './passages';
import { HeadingPath } from './search';

export function DocumentScreen() {
  const url = useUrlState();
  const base = url.get('base') ?? '';
  const id = url.get('id') ?? '';
  const cited = passageNumber(url.get('passage'));
  if (base === '' || id === '') {
    return (
      <>
        <PageHead title="No such document" />
        <Notice
          tone="bad"
          title="The address does not say which document."
          actions={<Link href="/knowledge" className={buttonClass()}>All knowledge bases</Link>}
        />
      </>
    );
  }
  return <DocumentView key={`${base} ${id} ${cited}`} base={base} id={id} cited={cited} />;
}

function DocumentView({ base, id, cited }: { base: string; id: string; cited: number | null }) {
  const document = useQuery(documentQuery(base, id));
  useTitle(document.data?.name ?? 'Document');
  const back = <Link href={baseHref(base)} className="text-accent underline">{base}</Link>;
  if (!document.data) {
    return (
      <>
        <PageHead title={document.error ? 'This document cannot be shown' : 'Document'} lead={back} />
        {document.error ? (
          <Failure error={document.error} onRetry={() => void document.refetch()} />
        ) : (
          <Panel><SkeletonRows rows={8} label="Loading the document" /></Panel>
        )}
      </>
    );
  }
  const { name, title, state, format, passages, sizeBytes, characters } = document.data;
  return (
    <>
      <PageHead
        title={<span className="wrap-anywhere">{name}</span>}
        lead={<>{title && <>{title} · </>}in {back}</>}
        actions={<DownloadOriginal base={base} document={document.data} />}
      />
      <div className="space-y-4">
        <Figures
          items={[
            { label: 'State', value: <Status status={documentStatus(state)} />, wide: true },
            { label: 'Format', value: format ?? '—' },
            { label: 'Passages', value: formatCount(passages) },
            { label: 'Characters', value: formatCount(characters) },
            { label: 'Size', value: formatBytes(sizeBytes) },
          ]}
        />
        {state === 'pending' && <Notice tone="info" title="It has not been read yet. Its text is here once it is." />}
        {state === 'failed' && (
          <Notice tone="bad" title={document.data.faultMessage ?? 'It could not be read.'} code={document.data.faultCode} />
        )}
        {state === 'indexed' && <Text base={base} document={document.data} cited={cited} />}
      </div>
    </>
  );
}

function DownloadOriginal({ base, document }: { base: string; document: KnowledgeDocument }) {
  const save = useSaveDocument(base, document);
  return (
    <Button icon={<Download aria-hidden size={14} />} busy={save.isPending} onClick={() => save.mutate()}>Download the original</Button>
  );
}

function Text({ base, document, cited }: { base: string; document: KnowledgeDocument; cited: number | null }) {
  const text = useInfiniteQuery(documentTextQuery(base, document.id, document.characters, cited));
  const parts = text.data?.pages;
  const sections = useMemo(() => sectionsOf(parts ?? [], cited), [parts, cited]);
  const isFound = sections.some((section) => section.pieces.some((piece) => piece.marked));
  const mark = useScrollOnce(isFound);
  if (text.isPending) return <Panel title="Text"><SkeletonRows rows={8} label="Loading the text" /></Panel>;
  if (!parts) return <Failure error={text.error} onRetry={() => void text.refetch()} />;
  const isMixed = new Set(parts.map((part) => part.version)).size > 1;
  const first = sections.findIndex((section) => section.pieces.some((piece) => piece.marked));
  return (
    <>
      {cited !== null && !isFound && (
        <Notice tone="warn" title="The passage is not in the document any more. It may have been read again since; search once more." />
      )}
      {isMixed && (
        <Notice
          tone="warn"
          title="The document was replaced while you read."
          actions={<Button onClick={() => void text.refetch()}>Read it anew</Button>}
        />
      )}
      <Panel title="The text that was read" aside={cited !== null && isFound ? `passage ${formatCount(cited + 1)} is marked` : undefined}>
        {text.hasPreviousPage && (
          <More busy={text.isFetchingPreviousPage} onClick={() => void text.fetchPreviousPage()} at="border-b">Show what is before</More>
        )}
        {sections.map((section, at) => (
          <SectionText key={section.start} section={section} markRef={at === first ? mark : undefined} />
        ))}
        {sections.length === 0 && <p className="px-4 py-6 text-center text-muted">The document has no text.</p>}
        {text.hasNextPage && (
          <More busy={text.isFetchingNextPage} onClick={() => void text.fetchNextPage()} at="border-t">Load more</More>
        )}
      </Panel>
      {text.error && <Failure error={text.error} />}
    </>
  );
}

/** The passage that is cited comes into sight when it is there, and not again: from then on the reader scrolls. */
function useScrollOnce(isThere: boolean) {
  const mark = useRef<HTMLElement>(null);
  const isDone = useRef(false);
  useEffect(() => {
    if (!isThere || isDone.current) return;
    isDone.current = true;
    mark.current?.scrollIntoView({ block: 'center' });
  }, [isThere]);
  return mark;
}

function SectionText({ section, markRef }: { section: Section; markRef?: React.Ref<HTMLElement> }) {
  const firstMark = section.pieces.findIndex((piece) => piece.marked);
  const hasHead = section.place !== null || section.headings.length > 0;
  return (
    <section aria-label={[section.place, ...section.headings].filter(Boolean).join(', ') || undefined} className="px-4 pt-3 last:pb-3">
      {hasHead && (
        <div className="mb-1.5 flex flex-wrap items-baseline gap-x-3">
          {section.place && <span className="num text-11 text-faint">{section.place}</span>}
          {section.headings.length > 0 && <HeadingPath headings={section.headings} />}
        </div>
      )}
      <p className="max-w-[84ch] whitespace-pre-wrap wrap-anywhere">
        {section.pieces.map((piece, at) =>
          piece.marked ? (
            <mark key={at} ref={at === firstMark ? markRef : undefined} className="rounded-[2px] bg-accent-soft text-fg">
              {piece.text}
            </mark>
          ) : (
            piece.text
          ))}
      </p>
    </section>
  );
}

function More({ busy, onClick, at, children }: { busy: boolean; onClick: () => void; at: string; children: string }) {
  return (
    <div className={`${at} p-2 text-center`}>
      <Button tone="quiet" busy={busy} onClick={onClick}>{children}</Button>
    </div>
  );
}

'use client';

import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { deleteDocument, fetchDocumentFile, retryDocument } from '@/api/knowledge-calls';
import { documentsQuery, knowledgeKeys } from '@/api/knowledge-queries';
import { documentStates, type DocumentState, type KnowledgeBase, type KnowledgeDocument } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { formatBytes, formatCount } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { SelectField } from '@/ui/field';
import { ActionMenu } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Status, statusLabel } from '@/ui/status';
import type { Column } from '@/ui/table';
import { toast } from '@/ui/toasts';
import { useMayWrite } from './may-write';
import { documentHref } from './passages';
import { UploadBox } from './upload-box';
import type { Uploads } from './uploads';

/** "pending" is the word of approvals too, which wait for a person. */
export const documentStatus = (state: DocumentState) => (state === 'pending' ? 'unread' : state);

const columnsOf = (base: string): Column<KnowledgeDocument>[] => [
  {
    title: 'Document',
    className: 'md:w-1/2',
    cell: (document) => (
      <>
        <Link href={documentHref(base, document.id)} className="font-medium text-accent hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center">
          {document.name}
        </Link>
        {document.title && <span className="block text-muted">{document.title}</span>}
        {document.faultMessage && (
          <span className="mt-0.5 block text-12 text-bad">
            {document.faultMessage} <span className="num text-11 text-faint">{document.faultCode}</span>
          </span>
        )}
      </>
    ),
  },
  { title: 'State', bare: true, cell: (document) => <Status status={documentStatus(document.state)} /> },
  { title: 'Format', cell: (document) => <span className="num text-12">{document.format ?? '—'}</span> },
  { title: 'Passages', cell: (document) => <span className="num">{formatCount(document.passages)}</span> },
  { title: 'Size', cell: (document) => <span className="num whitespace-nowrap">{formatBytes(document.sizeBytes)}</span> },
];

interface DocumentsProps {
  base: KnowledgeBase;
  /** Of the page and not of this tab: looking at another one does not stop it. */
  uploads: Uploads;
}

export function Documents({ base, uploads }: DocumentsProps) {
  const url = useUrlState();
  const state = documentStates.find((each) => each === url.get('state')) ?? null;
  const documents = useInfiniteQuery(documentsQuery(base.name, state));
  const mayWrite = useMayWrite(base.name);
  const [deleting, setDeleting] = useState<KnowledgeDocument | null>(null);
  return (
    <div className="space-y-4">
      {mayWrite && <UploadBox {...uploads} />}
      {(base.documents > 0 || state !== null) && (
        <div className="max-w-48">
          <SelectField
            label="State"
            value={state ?? ''}
            onChange={(event) => url.set({ state: event.target.value })}
            options={[
              { value: '', label: 'Any' },
              ...documentStates.map((value) => ({ value, label: statusLabel(documentStatus(value)) })),
            ]}
          />
        </div>
      )}
      <ListPanel
        label="documents"
        list={documents}
        columns={columnsOf(base.name)}
        keyOf={(document) => document.id}
        actions={(document) => (
          <DocumentActions base={base.name} document={document} mayWrite={mayWrite} onDelete={() => setDeleting(document)} />
        )}
        empty={
          state === null ? (
            <Empty title="No documents yet">
              {mayWrite ? 'Drop files above, then have them read.' : 'Whoever holds knowledge:write can add some.'}
            </Empty>
          ) : (
            <Empty title="No document is in this state" actions={<Button onClick={() => url.set({ state: null })}>Show all</Button>} />
          )
        }
      />
      {deleting && <DeleteDocument base={base.name} document={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}

interface DocumentActionsProps {
  base: string;
  document: KnowledgeDocument;
  mayWrite: boolean;
  onDelete: () => void;
}

function DocumentActions({ base, document, mayWrite, onDelete }: DocumentActionsProps) {
  const save = useSaveDocument(base, document);
  const retry = useChange({
    ask: () => retryDocument(base, document.id),
    stale: [knowledgeKeys.all],
    done: `${document.name} is read again with the next reading.`,
  });
  const again = () => retry.mutate(undefined, { onError: (error) => toast('bad', messageOf(error)) });
  return (
    <>
      {mayWrite && document.state === 'failed' && (
        <Button tone="quiet" busy={retry.isPending} onClick={again} aria-label={`Read again: ${document.name}`} className="max-md:hidden">
          Read again
        </Button>
      )}
      <ActionMenu
        label={`Actions for ${document.name}`}
        actions={[
          { label: 'Download', onSelect: () => save.mutate() },
          ...(mayWrite && document.state !== 'pending' ? [{ label: 'Read again', onSelect: again }] : []),
          ...(mayWrite ? [{ label: 'Delete', tone: 'danger' as const, onSelect: onDelete }] : []),
        ]}
      />
    </>
  );
}

/** The original file, under its name without its folders. */
export function useSaveDocument(base: string, document: Pick<KnowledgeDocument, 'id' | 'name'>) {
  return useMutation({
    mutationFn: async () => saveFile(await fetchDocumentFile(base, document.id), document.name.split('/').pop() || document.name),
    onError: (error) => toast('bad', messageOf(error)),
  });
}

function DeleteDocument({ base, document, onClose }: { base: string; document: KnowledgeDocument; onClose: () => void }) {
  const change = useChange({
    ask: () => deleteDocument(base, document.id),
    stale: [knowledgeKeys.all],
    done: `${document.name} is deleted.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Delete this document?" action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted wrap-anywhere">
        <span className="text-fg">{document.name}</span> is found no more, and its file, its text and its passages are deleted.
      </p>
    </FormDialog>
  );
}

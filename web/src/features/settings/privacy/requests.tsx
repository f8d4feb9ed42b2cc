'use client';

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { fetchSubjectExport } from '@/api/settings-calls';
import { erasureQuery, erasuresQuery, subjectExportsQuery } from '@/api/settings-queries';
import type { ErasureReceipt, SubjectExport } from '@/api/types';
import { Failure } from '@/features/failure';
import { formatBytes, formatDateTime } from '@/lib/format';
import { Link } from '@/lib/nav';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Dialog } from '@/ui/dialog';
import { Empty, SkeletonRows } from '@/ui/notice';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { toast } from '@/ui/toasts';
import { ListPanel } from '@/features/list-panel';
import { Person } from './person';

const exportColumns: Column<SubjectExport>[] = [
  { title: 'Whose', cell: (each) => <Person id={each.subject} /> },
  { title: 'Made', cell: (each) => <RunLink run={each.runId}><Ago at={each.createdAt} /></RunLink> },
  { title: 'Size', cell: (each) => <span className="num whitespace-nowrap">{formatBytes(each.sizeBytes)}</span> },
  { title: 'Kept until', cell: (each) => <span className="num text-12">{formatDateTime(each.expiresAt)}</span> },
];

/** Archives of exports that can still be downloaded. */
export function Exports() {
  const exports = useInfiniteQuery(subjectExportsQuery());
  const mayExport = useCan('privacy:export');
  return (
    <ListPanel
      label="exports"
      title="Exports"
      list={exports}
      columns={exportColumns}
      keyOf={(each) => each.runId}
      actions={mayExport ? (each) => <DownloadExport made={each} /> : undefined}
      empty={<Empty title="No archives at present">An export packs all that this tenant knows of somebody, and nobody else’s data.</Empty>}
    />
  );
}

function DownloadExport({ made }: { made: SubjectExport }) {
  const save = useMutation({
    mutationFn: async () => saveFile(await fetchSubjectExport(made.runId), `${made.subject}.zip`),
    onError: (error) => toast('bad', messageOf(error)),
  });
  return (
    <Button
      tone="quiet"
      icon={<Download aria-hidden size={14} />}
      busy={save.isPending}
      aria-label={`Download the data of ${made.subject}`}
      onClick={() => save.mutate()}
    >
      Download
    </Button>
  );
}

const erasureColumns: Column<ErasureReceipt>[] = [
  { title: 'Who was erased', cell: (each) => <span className="num inline-block text-12 break-all max-md:max-w-[24ch]">{each.subject}</span> },
  { title: 'Done', cell: (each) => <RunLink run={each.runId}><Ago at={each.at} /></RunLink> },
  { title: 'Asked for by', cell: (each) => <Person id={each.requestedBy} /> },
];

/** Who was erased, each with the signed receipt. */
export function Erasures() {
  const erasures = useInfiniteQuery(erasuresQuery());
  const [shown, setShown] = useState<ErasureReceipt | null>(null);
  return (
    <>
      <ListPanel
        label="erasures"
        title="Erasures"
        list={erasures}
        columns={erasureColumns}
        keyOf={(each) => each.runId}
        actions={(each) => (
          <Button tone="quiet" aria-label={`Show the receipt for ${each.subject}`} onClick={() => setShown(each)}>Receipt</Button>
        )}
        empty={<Empty title="Nobody was erased">An erasure leaves a signed receipt here: what was erased, and what was kept and why.</Empty>}
      />
      {shown && <Receipt run={shown.runId} onClose={() => setShown(null)} />}
    </>
  );
}

function Receipt({ run, onClose }: { run: string; onClose: () => void }) {
  const erasure = useQuery(erasureQuery(run));
  return (
    <Dialog
      open
      onClose={onClose}
      title="Receipt of an erasure"
      className="w-[min(760px,calc(100vw-32px))]"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            tone="primary"
            disabled={!erasure.data}
            onClick={() => erasure.data && saveFile(new Blob([erasure.data.receipt], { type: 'text/plain' }), `${run}.receipt.txt`)}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="space-y-4 p-4">
        {erasure.error && !erasure.data && <Failure error={erasure.error} onRetry={() => void erasure.refetch()} />}
        {erasure.isPending && <SkeletonRows rows={3} label="Loading the receipt" />}
        {erasure.data && (
          <>
            <p className="text-muted">A signed note: who has the key below can check that this server wrote it, and that nobody changed it.</p>
            <Code text={erasure.data.receipt} label="The receipt" copy caption="Receipt" />
            {erasure.data.verifierKey && <Code text={erasure.data.verifierKey} label="The key to check it with" copy caption="Key to check it with" />}
          </>
        )}
      </div>
    </Dialog>
  );
}

function RunLink({ run, children }: { run: string; children: ReactNode }) {
  return <Link href={`/runs/${run}`} className="text-accent hover:underline">{children}</Link>;
}

'use client';

import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { isOpen } from '@/api/queries';
import { createEvidence, deleteEvidence, fetchEvidence } from '@/api/settings-calls';
import { evidenceQuery, newestRunQuery, settingsKeys } from '@/api/settings-queries';
import type { EvidenceBundle } from '@/api/types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { RunLine } from '@/features/run-line';
import { formatBytes, formatDateTime } from '@/lib/format';
import { Link } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { toast } from '@/ui/toasts';
import { useNewestRun } from '../parts/newest-run';

const kind = 'evidence.bundle';
const dayMs = 86_400_000;

const day = (at: string | number) => new Date(at).toISOString().slice(0, 10);

const columns: Column<EvidenceBundle>[] = [
  { title: 'Period', cell: (each) => <span className="num whitespace-nowrap">{day(each.from)} to {day(Date.parse(each.to) - 1)}</span> },
  {
    title: 'Made',
    cell: (each) => <Link href={`/runs/${each.runId}`} className="text-accent hover:underline"><Ago at={each.createdAt} /></Link>,
  },
  { title: 'Size', cell: (each) => <span className="num whitespace-nowrap">{formatBytes(each.sizeBytes)}</span> },
  { title: 'Kept until', cell: (each) => <span className="num text-12">{formatDateTime(each.expiresAt)}</span> },
];

/** Signed bundles that show auditors how the tenant was run in a period: made, watched, taken away, deleted. */
export function Evidence() {
  const bundles = useInfiniteQuery(evidenceQuery());
  const newest = useNewestRun(kind, [settingsKeys.evidence]);
  const mayCreate = useCan('evidence:create');
  const [asking, setAsking] = useState(false);
  const [leaving, setLeaving] = useState<EvidenceBundle | null>(null);
  const isMaking = newest !== null && isOpen(newest.status);
  return (
    <>
      <ListPanel
        label="bundles of evidence"
        title="Evidence for audits"
        aside={mayCreate && <Button tone="quiet" disabled={isMaking} onClick={() => setAsking(true)}>New bundle</Button>}
        list={bundles}
        columns={columns}
        keyOf={(each) => each.runId}
        actions={(each) => (
          <>
            <Save bundle={each} />
            {mayCreate && (
              <Button tone="quiet" aria-label={`Delete the bundle from ${day(each.from)}`} onClick={() => setLeaving(each)}>Delete</Button>
            )}
          </>
        )}
        empty={
          <Empty title="No bundles at present">
            A bundle has what shows how this tenant was run in a period: access, changes, keys and signed checkpoints, with a signature.
          </Empty>
        }
      />
      {newest && (isMaking || newest.fault) && (
        <RunLine run={newest} doing="Making a bundle" done="Last bundle" progress="Progress of the bundle" />
      )}
      {asking && <Create onClose={() => setAsking(false)} />}
      {leaving && <Remove bundle={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
}

function Save({ bundle }: { bundle: EvidenceBundle }) {
  const save = useMutation({
    mutationFn: async () => saveFile(await fetchEvidence(bundle.runId), `evidence-${day(bundle.from)}.zip`),
    onError: (error) => toast('bad', messageOf(error)),
  });
  return (
    <Button
      tone="quiet"
      icon={<Download aria-hidden size={14} />}
      busy={save.isPending}
      aria-label={`Download the bundle from ${day(bundle.from)}`}
      onClick={() => save.mutate()}
    >
      Download
    </Button>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const [key] = useState(randomKey);
  const [today] = useState(() => Date.now());
  const [from, setFrom] = useState(day(today - 90 * dayMs));
  const [to, setTo] = useState(day(today - dayMs));
  const change = useChange({
    // The last day belongs to the period.
    ask: () => createEvidence(`${from}T00:00:00Z`, new Date(Date.parse(to) + dayMs).toISOString(), key),
    stale: [newestRunQuery(kind).queryKey, settingsKeys.evidence],
    onDone: onClose,
  });
  return (
    <FormDialog title="New bundle of evidence" action="Make it" change={change} onClose={onClose} disabled={!from || !to}>
      <TextField label="First day (UTC)" type="date" required value={from} onChange={(event) => setFrom(event.target.value)} />
      <TextField
        label="Last day (UTC)"
        type="date"
        required
        max={day(today - dayMs)}
        value={to}
        hint="A day that is over."
        onChange={(event) => setTo(event.target.value)}
      />
      <p className="text-muted">
        It names the members and what they may do. Making it and each download are in the audit log. It supports an audit and is no
        certificate.
      </p>
    </FormDialog>
  );
}

function Remove({ bundle, onClose }: { bundle: EvidenceBundle; onClose: () => void }) {
  const change = useChange({ ask: () => deleteEvidence(bundle.runId), stale: [settingsKeys.evidence], onDone: onClose });
  return (
    <FormDialog title="Delete this bundle?" action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">Its key is destroyed, so no backup of the server has it either. Copies that were downloaded stay.</p>
    </FormDialog>
  );
}

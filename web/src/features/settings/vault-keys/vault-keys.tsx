'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { rotateKeys } from '@/api/settings-calls';
import { settingsKeys, vaultKeysQuery } from '@/api/settings-queries';
import type { KeyRotationReport, KeyVersion } from '@/api/types';
import { formatCount, plural } from '@/lib/format';
import { Button } from '@/ui/button';
import { Empty, Notice } from '@/ui/notice';
import { Status } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { SettingsPage } from '../parts/settings-page';

const purposes: Record<string, string> = {
  tenant: 'wraps the other keys',
  data: 'seals what is confidential',
  index: 'makes sealed texts findable',
  subject: 'seals what speaks of a person',
};

const columns: Column<KeyVersion>[] = [
  {
    title: 'Key',
    cell: (key) => (
      <>
        <span className="font-medium">{key.purpose}</span> <span className="num text-12 text-muted">v{key.version}</span>
        <span className="block text-12 text-muted">{key.subject ?? purposes[key.purpose]}</span>
      </>
    ),
  },
  { title: 'State', cell: (key) => <Status status={key.status} /> },
  { title: 'Under it', cell: (key) => <span className="num">{formatCount(key.uses)}</span> },
  { title: 'Made', cell: (key) => <Ago at={key.createdAt} /> },
  { title: 'Changed', cell: (key) => <Ago at={key.changedAt} /> },
];

export function VaultKeys() {
  const keys = useInfiniteQuery(vaultKeysQuery());
  const mayRotate = useCan('keys:rotate');
  const [asking, setAsking] = useState(false);
  const [report, setReport] = useState<KeyRotationReport | null>(null);
  return (
    <SettingsPage actions={mayRotate && <Button onClick={() => setAsking(true)}>Rotate keys</Button>}>
      {report && <Outcome report={report} />}
      <ListPanel
        label="key versions"
        list={keys}
        columns={columns}
        keyOf={(key) => key.id}
        empty={<Empty title="No keys yet">They are made when the first confidential value is stored.</Empty>}
      />
      {asking && (
        <Rotate
          onClose={() => setAsking(false)}
          onDone={(made) => {
            setReport(made);
            setAsking(false);
          }}
        />
      )}
    </SettingsPage>
  );
}

function Rotate({ onClose, onDone }: { onClose: () => void; onDone: (report: KeyRotationReport) => void }) {
  const change = useChange({ ask: rotateKeys, stale: [settingsKeys.vaultKeys], onDone });
  return (
    <FormDialog title="Rotate the keys?" action="Rotate" change={change} onClose={onClose}>
      <p className="text-muted">
        New versions of the tenant key and the data key are made, and everything is sealed anew while it goes on being read and
        written. Old versions retire once nothing is under them. Index keys stay, or nothing could be found.
      </p>
    </FormDialog>
  );
}

function Outcome({ report }: { report: KeyRotationReport }) {
  const unreadable = report.valuesUnreadable > 0;
  return (
    <Notice live tone={unreadable ? 'warn' : 'info'} title={unreadable ? 'The keys are rotated, but something could not be opened' : 'The keys are rotated'}>
      {plural(report.keysWrapped, 'key')} wrapped and {plural(report.valuesSealed, 'value')} sealed anew;{' '}
      {plural(report.keysRetired, 'old version')} retired at once.
      {unreadable && ` ${plural(report.valuesUnreadable, 'value')} could not be opened and stay under their old key.`}
    </Notice>
  );
}

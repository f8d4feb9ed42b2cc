'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { rotateKeys } from '@/api/settings-calls';
import { isOpen } from '@/api/queries';
import { newestRunQuery, settingsKeys, vaultKeysQuery } from '@/api/settings-queries';
import type { KeyVersion } from '@/api/types';
import { formatCount } from '@/lib/format';
import { randomKey } from '@/lib/random';
import { Button } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { Status } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { RunLine } from '@/features/run-line';
import { useNewestRun } from '../parts/newest-run';
import { SettingsPage } from '../parts/settings-page';

const purposes = new Map<string, string>([
  ['tenant', 'wraps the other keys'],
  ['data', 'seals what is confidential'],
  ['index', 'makes sealed texts findable'],
  ['subject', 'seals what speaks of a person'],
]);

const columns: Column<KeyVersion>[] = [
  {
    title: 'Key',
    cell: (key) => (
      <>
        <span className="font-medium">{key.purpose}</span> <span className="num text-12 text-muted">v{key.version}</span>
        <span className="block text-12 text-muted">{key.subject ?? purposes.get(key.purpose)}</span>
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
  const rotation = useNewestRun('keys.rotate', [settingsKeys.vaultKeys]);
  const mayRotate = useCan('keys:rotate');
  const [asking, setAsking] = useState(false);
  const isRotating = rotation !== null && isOpen(rotation.status);
  return (
    <SettingsPage actions={mayRotate && <Button disabled={isRotating} onClick={() => setAsking(true)}>Rotate keys</Button>}>
      {rotation && <RunLine run={rotation} doing="Rotating the keys" done="Last rotation" progress="Progress of the rotation" />}
      <ListPanel
        label="key versions"
        list={keys}
        columns={columns}
        keyOf={(key) => key.id}
        empty={<Empty title="No keys yet">They are made when the first confidential value is stored.</Empty>}
      />
      {asking && <Rotate onClose={() => setAsking(false)} />}
    </SettingsPage>
  );
}

function Rotate({ onClose }: { onClose: () => void }) {
  const [key] = useState(randomKey);
  const change = useChange({
    ask: () => rotateKeys(key),
    stale: [settingsKeys.vaultKeys, newestRunQuery('keys.rotate').queryKey],
    onDone: onClose,
  });
  return (
    <FormDialog title="Rotate the keys?" action="Rotate" change={change} onClose={onClose}>
      <p className="text-muted">
        A run makes new versions of the tenant key and the data key, and seals everything anew while it goes on being read and
        written. Old versions retire once nothing is under them. Index keys stay, or nothing could be found.
      </p>
    </FormDialog>
  );
}

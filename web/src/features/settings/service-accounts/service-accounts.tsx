'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { createServiceAccount } from '@/api/settings-calls';
import { serviceAccountsQuery, settingsKeys } from '@/api/settings-queries';
import type { ServiceAccount } from '@/api/types';
import { Link, useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Status, Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { NameField } from '../parts/name-field';
import { RoleField } from '../parts/role-field';
import { SettingsPage } from '../parts/settings-page';

const columns: Column<ServiceAccount>[] = [
  {
    title: 'Service account',
    cell: (account) => (
      <>
        <Link href={`/settings/service-accounts/${encodeURIComponent(account.name)}`} className="font-medium text-accent hover:underline">{account.name}</Link>
        {account.description && <span className="block text-12 text-muted">{account.description}</span>}
      </>
    ),
  },
  { title: 'Role', cell: (account) => <Tag>{account.role}</Tag> },
  { title: 'State', cell: (account) => <Status status={account.state} /> },
  { title: 'Usable keys', cell: (account) => <span className="num">{account.keysCount}</span> },
];

export function ServiceAccounts() {
  const accounts = useInfiniteQuery(serviceAccountsQuery());
  const mayWrite = useCan('service_accounts:write');
  const [making, setMaking] = useState(false);
  const newButton = mayWrite && <Button tone="primary" onClick={() => setMaking(true)}>New service account</Button>;
  return (
    <SettingsPage actions={newButton}>
      <ListPanel
        label="service accounts"
        list={accounts}
        columns={columns}
        keyOf={(account) => account.id}
        empty={
          <Empty title="No service accounts">
            A build server or another program acts as one, so that it depends on nobody’s own account.
          </Empty>
        }
      />
      {making && <NewAccount onClose={() => setMaking(false)} />}
    </SettingsPage>
  );
}

function NewAccount({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [role, setRole] = useState('');
  const change = useChange({
    ask: () => createServiceAccount({ name: name.trim(), description: description.trim(), role }),
    stale: [settingsKeys.serviceAccounts],
    done: `${name.trim()} is there. It needs an API key to get in.`,
    onDone: (account) => navigate.go(`/settings/service-accounts/${encodeURIComponent(account.name)}`),
  });
  return (
    <FormDialog title="New service account" action="Create" change={change} onClose={onClose}>
      <NameField value={name} onChange={setName} />
      <TextField
        label="What it is for (optional)"
        maxLength={500}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <RoleField value={role} onChange={setRole} noOwner />
    </FormDialog>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { createTenant } from '@/api/settings-calls';
import { settingsKeys, tenantsQuery } from '@/api/settings-queries';
import type { TenantSummary } from '@/api/types';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Status, Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { SettingsPage } from '../parts/settings-page';
import { OwnerLinkOnce } from './owner-link';

const columns: Column<TenantSummary>[] = [
  {
    title: 'Tenant',
    cell: (tenant) => (
      <span className="flex flex-wrap items-center gap-2">
        <Link href={`/settings/tenants/${tenant.id}`} className="font-medium text-accent hover:underline">{tenant.name}</Link>
        {tenant.home && <Tag tone="accent">first</Tag>}
      </span>
    ),
  },
  { title: 'State', cell: (tenant) => <Status status={tenant.disabledAt === null ? 'active' : 'disabled'} /> },
  { title: 'Place', cell: (tenant) => <span className="text-muted">{tenant.place}</span> },
  { title: 'Members', cell: (tenant) => <span className="num">{tenant.members}</span> },
  { title: 'Made', cell: (tenant) => <Ago at={tenant.createdAt} /> },
];

export function Tenants() {
  const tenants = useInfiniteQuery(tenantsQuery());
  const mayWrite = useCan('tenants:write');
  const [making, setMaking] = useState(false);
  return (
    <SettingsPage actions={mayWrite && <Button tone="primary" onClick={() => setMaking(true)}>New tenant</Button>}>
      <ListPanel label="tenants" list={tenants} columns={columns} keyOf={(tenant) => tenant.id} empty={<Empty title="No tenants" />} />
      {making && <NewTenant onClose={() => setMaking(false)} />}
    </SettingsPage>
  );
}

function NewTenant({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const change = useChange({ ask: () => createTenant(name.trim()), stale: [settingsKeys.tenants] });
  if (change.data) return <OwnerLinkOnce name={change.data.tenant.name} link={change.data.ownerLink} onClose={onClose} />;
  return (
    <FormDialog title="New tenant" action="Create tenant" change={change} onClose={onClose}>
      <TextField label="Name" required maxLength={100} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
      <p className="text-12 text-faint">You get a link that makes its owner, once. You are no member of it.</p>
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useCan } from '@/api/permissions';
import { permissionsQuery, rolesQuery } from '@/api/settings-queries';
import type { PermissionEntry, TenantRole } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Table, type Column } from '@/ui/table';
import { SettingsPage } from '../parts/settings-page';
import { NewRole } from './role-form';

const columns: Column<TenantRole>[] = [
  {
    title: 'Role',
    cell: (role) => (
      <span className="flex flex-wrap items-center gap-2">
        <Link href={`/settings/roles/${encodeURIComponent(role.name)}`} className="font-medium text-accent hover:underline">{role.name}</Link>
        {!role.builtIn && <Tag tone="accent">own</Tag>}
      </span>
    ),
  },
  { title: 'What it is for', cell: (role) => <span className="text-muted">{role.description || '—'}</span> },
  { title: 'May', cell: (role) => <span className="num whitespace-nowrap">{plural(role.permissions.length, 'permission')}</span> },
];

export function Roles() {
  const url = useUrlState();
  const roles = useQuery(rolesQuery());
  const mayWrite = useCan('roles:write');
  const making = mayWrite && url.get('new') !== null;
  return (
    <SettingsPage actions={mayWrite && !making && <Button tone="primary" onClick={() => url.set({ new: '1' }, 'push')}>New role</Button>}>
      {making && <NewRole onClose={() => url.set({ new: null })} />}
      {roles.error && !roles.data ? (
        <Failure error={roles.error} onRetry={() => void roles.refetch()} />
      ) : (
        <Panel>
          {roles.isPending && <SkeletonRows rows={6} label="Loading roles" />}
          {roles.data && <Table label="Roles" columns={columns} items={roles.data} keyOf={(role) => role.name} />}
        </Panel>
      )}
      <AllPermissions />
    </SettingsPage>
  );
}

const permissionColumns: Column<PermissionEntry>[] = [
  { title: 'Permission', cell: (entry) => <span className="num text-12 whitespace-nowrap">{entry.permission}</span> },
  { title: 'What it lets somebody do', bare: true, cell: (entry) => entry.meaning },
  { title: 'On one', cell: (entry) => <span className="whitespace-nowrap text-muted">{entry.resourceKind ?? '—'}</span> },
  { title: 'Built-in roles', cell: (entry) => <span className="text-12 text-muted">{entry.roles.join(', ')}</span> },
];

function AllPermissions() {
  const table = useQuery(permissionsQuery());
  return (
    <Panel title="Permissions, and the built-in roles that hold them">
      {table.isPending && <SkeletonRows label="Loading permissions" />}
      {table.error && <Failure error={table.error} className="m-3" />}
      {table.data && <Table label="Permissions" columns={permissionColumns} items={table.data} keyOf={(entry) => entry.permission} />}
    </Panel>
  );
}

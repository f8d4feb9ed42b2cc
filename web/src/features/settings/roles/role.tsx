'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { deleteRole } from '@/api/settings-calls';
import { roleQuery, settingsKeys } from '@/api/settings-queries';
import type { TenantRole } from '@/api/types';
import { Failure } from '@/features/failure';
import { useNavigate, usePathTail } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { PermissionPicker } from '../parts/permission-picker';
import { useRolesToGive } from '../parts/role-field';
import { SettingsPage } from '../parts/settings-page';
import { EditRole } from './role-form';

export function Role() {
  const name = usePathTail();
  useTitle(`Role ${name}`);
  const role = useQuery(roleQuery(name));
  const mayWrite = useCan('roles:write');
  const within = useRolesToGive().some((each) => each.name === name);
  const [deleting, setDeleting] = useState(false);
  const mayChange = mayWrite && within && role.data?.builtIn === false;
  return (
    <SettingsPage
      title={name}
      lead={role.data && leadOf(role.data)}
      actions={mayChange && <Button tone="danger" onClick={() => setDeleting(true)}>Delete role</Button>}
    >
      {role.isPending && <Panel><SkeletonRows label="Loading the role" /></Panel>}
      {role.error && !role.data && <Failure error={role.error} onRetry={() => void role.refetch()} />}
      {role.data && (mayChange ? <EditRole key={role.data.revision} role={role.data} /> : <ReadRole role={role.data} />)}
      {deleting && <DeleteRole name={name} onClose={() => setDeleting(false)} />}
    </SettingsPage>
  );
}

const leadOf = (role: TenantRole) =>
  `${role.description ? `${role.description} ` : ''}${role.builtIn ? 'It comes with CodexOS and cannot be changed.' : ''}`;

function ReadRole({ role }: { role: TenantRole }) {
  return (
    <Panel bodyClassName="p-4">
      <PermissionPicker legend="What its holders may do" chosen={role.permissions} givable={[]} />
    </Panel>
  );
}

function DeleteRole({ name, onClose }: { name: string; onClose: () => void }) {
  const navigate = useNavigate();
  const change = useChange({
    ask: () => deleteRole(name),
    stale: [[...settingsKeys.roles, 'choices']],
    done: `The role ${name} is deleted.`,
    onDone: () => navigate.replace('/settings/roles'),
  });
  return (
    <FormDialog title={`Delete the role ${name}?`} action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">Only a role that nobody has can be deleted. It cannot be brought back.</p>
    </FormDialog>
  );
}

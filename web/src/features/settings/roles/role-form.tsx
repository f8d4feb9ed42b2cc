'use client';

import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { meQuery } from '@/api/queries';
import { createRole, updateRole } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { TenantRole } from '@/api/types';
import { Failure } from '@/features/failure';
import { useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Panel } from '@/ui/panel';
import { useChange } from '@/features/change';
import { NameField } from '../parts/name-field';
import { PermissionPicker } from '../parts/permission-picker';

interface RoleFieldsProps {
  description: string;
  onDescription: (text: string) => void;
  permissions: string[];
  onPermissions: (names: string[]) => void;
}

function RoleFields({ description, onDescription, permissions, onPermissions }: RoleFieldsProps) {
  const held = useQuery(meQuery()).data?.permissions ?? [];
  return (
    <>
      <TextField
        label="What it is for (optional)"
        value={description}
        maxLength={500}
        onChange={(event) => onDescription(event.target.value)}
      />
      <PermissionPicker legend="What its holders may do" chosen={permissions} onChange={onPermissions} givable={held} />
    </>
  );
}

interface FormProps {
  change: { isPending: boolean; error: Error | null; mutate: () => void };
  action: string;
  disabled?: boolean;
  onCancel?: () => void;
  children: ReactNode;
}

function RoleForm({ change, action, disabled, onCancel, children }: FormProps) {
  return (
    <form
      className="space-y-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!change.isPending) change.mutate();
      }}
    >
      {children}
      {change.error && <Failure error={change.error} />}
      <div className="flex gap-2">
        <Button type="submit" tone="primary" busy={change.isPending} disabled={disabled}>{action}</Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </form>
  );
}

export function NewRole({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  const change = useChange({
    ask: () => createRole({ name: name.trim(), description: description.trim(), permissions }),
    stale: [settingsKeys.roles],
    done: `The role ${name.trim()} is there.`,
    onDone: (role) => navigate.replace(`/settings/roles/${encodeURIComponent(role.name)}`),
  });
  return (
    <Panel title="New role">
      <RoleForm change={change} action="Create role" onCancel={onClose} disabled={permissions.length === 0}>
        <NameField value={name} onChange={setName} />
        <RoleFields description={description} onDescription={setDescription} permissions={permissions} onPermissions={setPermissions} />
      </RoleForm>
    </Panel>
  );
}

export function EditRole({ role }: { role: TenantRole }) {
  const [description, setDescription] = useState(role.description);
  const [permissions, setPermissions] = useState([...role.permissions]);
  const change = useChange({
    ask: () => updateRole(role.name, { description: description.trim(), permissions, revision: role.revision }),
    stale: [settingsKeys.roles, settingsKeys.holders],
    done: `The role ${role.name} is changed.`,
  });
  const isSame = description === role.description && permissions.join() === role.permissions.join();
  return (
    <Panel>
      <RoleForm change={change} action="Save changes" disabled={isSame}>
        <RoleFields description={description} onDescription={setDescription} permissions={permissions} onPermissions={setPermissions} />
      </RoleForm>
    </Panel>
  );
}

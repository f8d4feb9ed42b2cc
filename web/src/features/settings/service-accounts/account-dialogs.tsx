'use client';

import { useState } from 'react';
import { deleteServiceAccount, updateServiceAccount } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { ServiceAccount } from '@/api/types';
import { useNavigate } from '@/lib/nav';
import { TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { RoleField } from '../parts/role-field';

interface DialogProps {
  account: ServiceAccount;
  onClose: () => void;
}

const stale = [settingsKeys.serviceAccounts, settingsKeys.apiKeys];

export function EditAccount({ account, onClose }: DialogProps) {
  const [description, setDescription] = useState(account.description);
  const [role, setRole] = useState(account.role);
  const change = useChange({
    ask: () => updateServiceAccount(account.name, { description: description.trim(), role }),
    stale,
    done: `${account.name} is changed.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Edit ${account.name}`} action="Save changes" change={change} onClose={onClose}>
      <TextField
        label="What it is for (optional)"
        maxLength={500}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <RoleField value={role} onChange={setRole} noOwner />
      <p className="text-12 text-faint">Another role counts for its keys from the next request on.</p>
    </FormDialog>
  );
}

export function SetState({ account, onClose }: DialogProps) {
  const enable = account.state === 'disabled';
  const change = useChange({
    ask: () => updateServiceAccount(account.name, { state: enable ? 'active' : 'disabled' }),
    stale,
    done: `${account.name} is ${enable ? 'enabled' : 'disabled'}.`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`${enable ? 'Enable' : 'Disable'} ${account.name}?`}
      action={enable ? 'Enable' : 'Disable'}
      tone={enable ? 'primary' : 'danger'}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        {enable ? 'Its keys work again.' : 'Its keys open nothing from the next request on. Nothing is lost, and you can enable it again.'}
      </p>
    </FormDialog>
  );
}

export function DeleteAccount({ account, onClose }: DialogProps) {
  const navigate = useNavigate();
  const change = useChange({
    ask: () => deleteServiceAccount(account.name),
    stale: [[...settingsKeys.serviceAccounts, 'list'], [...settingsKeys.serviceAccounts, 'choices'], settingsKeys.apiKeys],
    done: `${account.name} is deleted.`,
    onDone: () => navigate.replace('/settings/service-accounts'),
  });
  return (
    <FormDialog title={`Delete ${account.name}?`} action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">Its keys and grants go with it, for good. What it did stays in the audit log.</p>
    </FormDialog>
  );
}

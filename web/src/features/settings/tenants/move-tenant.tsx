'use client';

import { useState } from 'react';
import { moveTenant } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { Shard, TenantSummary } from '@/api/types';
import { useNavigate } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { SelectField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

interface MoveTenantProps {
  tenant: TenantSummary;
  elsewhere: Shard[];
  onClose: () => void;
}

/** Starts a move to another database, and goes to its run, which shows how far it is. */
export function MoveTenant({ tenant, elsewhere, onClose }: MoveTenantProps) {
  const navigate = useNavigate();
  const [key] = useState(randomKey);
  const [to, setTo] = useState(elsewhere[0]?.name ?? '');
  const change = useChange({
    ask: () => moveTenant(tenant.id, to, key),
    stale: [settingsKeys.tenants],
    onDone: (run) => navigate.go(`/runs/${run.id}`),
  });
  return (
    <FormDialog title={`Move ${tenant.name} to another database?`} action="Start the move" change={change} onClose={onClose}>
      <SelectField
        label="Where to"
        value={to}
        onChange={(event) => setTo(event.target.value)}
        options={elsewhere.map((shard) => ({ value: shard.name, label: shard.version === null ? `${shard.name}, which does not answer` : shard.name }))}
      />
      <p className="text-muted">
        The tenant goes on working while its rows are copied. At the end it is closed for some seconds; its runs go on where it arrives, and
        nothing is switched unless both sides are equal.
      </p>
    </FormDialog>
  );
}

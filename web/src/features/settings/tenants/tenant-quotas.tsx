'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { setTenantQuota } from '@/api/settings-calls';
import { settingsKeys, tenantQuotasQuery } from '@/api/settings-queries';
import type { QuotaState, TenantSummary } from '@/api/types';
import { Failure } from '@/features/failure';
import { formatCount } from '@/lib/format';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { QuotaTable } from '../parts/quota-table';

export function TenantQuotas({ tenant }: { tenant: TenantSummary }) {
  const quotas = useQuery(tenantQuotasQuery(tenant.id));
  const maySet = useCan('quotas:write');
  const [setting, setSetting] = useState<QuotaState | null>(null);
  if (quotas.error && !quotas.data) return <Failure error={quotas.error} onRetry={() => void quotas.refetch()} />;
  return (
    <>
      <QuotaTable
        title="Quotas"
        quotas={quotas.data}
        actions={maySet ? (quota) => <Button tone="quiet" aria-label={`Set ${quota.name}`} onClick={() => setSetting(quota)}>Set</Button> : undefined}
      />
      {setting && <SetQuota tenant={tenant} quota={setting} onClose={() => setSetting(null)} />}
    </>
  );
}

function SetQuota({ tenant, quota, onClose }: { tenant: TenantSummary; quota: QuotaState; onClose: () => void }) {
  const [value, setValue] = useState(quota.limit === quota.default ? '' : String(quota.limit));
  const change = useChange({
    ask: () => setTenantQuota(tenant.id, quota.name, value === '' ? null : Number(value)),
    stale: [settingsKeys.tenants, settingsKeys.quotas],
    done: `${quota.name} of ${tenant.name} is set.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`${quota.name} of ${tenant.name}`} action="Set quota" change={change} onClose={onClose}>
      <TextField
        label="How much it may have"
        type="number"
        min={0}
        step={1}
        className="num"
        value={value}
        placeholder={formatCount(quota.default)}
        hint={`${quota.summary} It has ${formatCount(quota.used)}. Empty is as for everybody: ${formatCount(quota.default)}.`}
        onChange={(event) => setValue(event.target.value)}
      />
      <p className="text-12 text-faint">What it has beyond a quota that you lower stays.</p>
    </FormDialog>
  );
}

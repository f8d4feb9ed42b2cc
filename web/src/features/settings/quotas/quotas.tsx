'use client';

import { useQuery } from '@tanstack/react-query';
import { quotasQuery } from '@/api/settings-queries';
import { Failure } from '@/features/failure';
import { QuotaTable } from '../parts/quota-table';
import { SettingsPage } from '../parts/settings-page';

export function Quotas() {
  const quotas = useQuery(quotasQuery());
  return (
    <SettingsPage>
      {quotas.error && !quotas.data ? (
        <Failure error={quotas.error} onRetry={() => void quotas.refetch()} />
      ) : (
        <QuotaTable quotas={quotas.data} />
      )}
      <p className="text-12 text-faint">Whoever looks after this installation can raise a limit for one tenant.</p>
    </SettingsPage>
  );
}

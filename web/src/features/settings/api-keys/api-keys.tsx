'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { meQuery } from '@/api/queries';
import { createApiKey } from '@/api/settings-calls';
import { apiKeysQuery } from '@/api/settings-queries';
import type { ApiKeySummary } from '@/api/types';
import { useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { SelectField } from '@/ui/field';
import { KeysList } from '../parts/keys-list';
import { NewKeyDialog } from '../parts/new-key-dialog';
import { SettingsPage } from '../parts/settings-page';

export function ApiKeys() {
  const url = useUrlState();
  const mayMake = useCan('api_keys:write');
  const mayManage = useCan('api_keys:manage');
  const mayWriteAccounts = useCan('service_accounts:write');
  const everybody = mayManage && url.get('whose') === 'all';
  const keys = useInfiniteQuery(apiKeysQuery(everybody ? 'all' : undefined));
  const me = useQuery(meQuery()).data;
  const held = me?.permissions ?? [];
  const [making, setMaking] = useState<{ like?: ApiKeySummary } | null>(null);
  return (
    <SettingsPage actions={mayMake && <Button tone="primary" onClick={() => setMaking({})}>New API key</Button>}>
      {mayManage && (
        <div className="max-w-56">
          <SelectField
            label="Whose"
            value={everybody ? 'all' : ''}
            onChange={(event) => url.set({ whose: event.target.value || null })}
            options={[{ value: '', label: 'Yours' }, { value: 'all', label: 'Everybody’s' }]}
          />
        </div>
      )}
      <KeysList
        list={keys}
        showOwner={everybody}
        mayRevoke
        mayReplace={(key) => (key.ownerKind === 'serviceAccount' ? mayWriteAccounts : mayMake && key.owner === me?.user.id)}
        onAnother={mayMake && !everybody ? (like) => setMaking({ like }) : undefined}
      />
      {making && (
        <NewKeyDialog forWhom="you" scopes={held} like={making.like} create={createApiKey} onClose={() => setMaking(null)} />
      )}
    </SettingsPage>
  );
}

'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { createServiceAccountKey } from '@/api/settings-calls';
import { rolesQuery, serviceAccountKeysQuery, serviceAccountQuery } from '@/api/settings-queries';
import type { ApiKeySummary, ServiceAccount as Account } from '@/api/types';
import { Failure } from '@/features/failure';
import { usePathTail } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button } from '@/ui/button';
import { Fact, Facts, Id } from '@/ui/facts';
import { ActionMenu } from '@/ui/menu';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Status, Tag } from '@/ui/status';
import { Ago } from '@/ui/time';
import { KeysList } from '../parts/keys-list';
import { NewKeyDialog } from '../parts/new-key-dialog';
import { SettingsPage } from '../parts/settings-page';
import { DeleteAccount, EditAccount, SetState } from './account-dialogs';

export function ServiceAccount() {
  const name = usePathTail();
  useTitle(name);
  const account = useQuery(serviceAccountQuery(name));
  return (
    <SettingsPage title={name} lead={account.data?.description ?? ''} actions={account.data && <AccountActions account={account.data} />}>
      {account.isPending && <Panel><SkeletonRows label="Loading the service account" /></Panel>}
      {account.error && !account.data && <Failure error={account.error} onRetry={() => void account.refetch()} />}
      {account.data && (
        <>
          <Panel>
            <Facts>
              <Fact name="State"><Status status={account.data.state} /></Fact>
              <Fact name="Role"><Tag>{account.data.role}</Tag></Fact>
              <Fact name="Id"><Id value={account.data.id} /></Fact>
              <Fact name="Made"><Ago at={account.data.createdAt} /></Fact>
            </Facts>
          </Panel>
          <AccountKeys account={account.data} />
        </>
      )}
    </SettingsPage>
  );
}

function AccountActions({ account }: { account: Account }) {
  const mayWrite = useCan('service_accounts:write');
  const [asked, setAsked] = useState<'key' | 'edit' | 'state' | 'delete' | null>(null);
  const scopes = useScopesOf(account);
  if (!mayWrite) return null;
  const close = () => setAsked(null);
  return (
    <>
      {account.state === 'active' && <Button tone="primary" onClick={() => setAsked('key')}>New API key</Button>}
      <ActionMenu
        label={`Actions for ${account.name}`}
        actions={[
          { label: 'Edit', onSelect: () => setAsked('edit') },
          { label: account.state === 'active' ? 'Disable' : 'Enable', onSelect: () => setAsked('state') },
          { label: 'Delete', tone: 'danger', onSelect: () => setAsked('delete') },
        ]}
      />
      {asked === 'key' && (
        <NewKeyDialog forWhom={account.name} scopes={scopes} create={(key) => createServiceAccountKey(account.name, key)} onClose={close} />
      )}
      {asked === 'edit' && <EditAccount account={account} onClose={close} />}
      {asked === 'state' && <SetState account={account} onClose={close} />}
      {asked === 'delete' && <DeleteAccount account={account} onClose={close} />}
    </>
  );
}

function AccountKeys({ account }: { account: Account }) {
  const keys = useInfiniteQuery(serviceAccountKeysQuery(account.name));
  const mayWrite = useCan('service_accounts:write');
  const mayManage = useCan('api_keys:manage');
  const scopes = useScopesOf(account);
  const [like, setLike] = useState<ApiKeySummary | null>(null);
  return (
    <>
      <KeysList
        title="API keys"
        list={keys}
        mayRevoke={mayWrite || mayManage}
        mayReplace={() => mayWrite}
        onAnother={mayWrite ? setLike : undefined}
      />
      {like && (
        <NewKeyDialog
          forWhom={account.name}
          scopes={scopes}
          like={like}
          create={(key) => createServiceAccountKey(account.name, key)}
          onClose={() => setLike(null)}
        />
      )}
    </>
  );
}

function useScopesOf(account: Account): readonly string[] {
  return useQuery(rolesQuery()).data?.find((role) => role.name === account.role)?.permissions ?? [];
}

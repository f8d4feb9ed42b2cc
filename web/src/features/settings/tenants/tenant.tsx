'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { createOwnerLink, setTenantOpen } from '@/api/settings-calls';
import { settingsKeys, shardsQuery, tenantQuery } from '@/api/settings-queries';
import type { TenantSummary } from '@/api/types';
import { Failure } from '@/features/failure';
import { formatDateTime } from '@/lib/format';
import { usePathTail } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button } from '@/ui/button';
import { Fact, Facts, Id } from '@/ui/facts';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Status, Tag } from '@/ui/status';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { SettingsPage } from '../parts/settings-page';
import { MoveTenant } from './move-tenant';
import { OwnerLinkOnce } from './owner-link';
import { TenantQuotas } from './tenant-quotas';

export function Tenant() {
  const id = usePathTail();
  const tenant = useQuery(tenantQuery(id));
  useTitle(tenant.data?.name ?? 'Tenant');
  return (
    <SettingsPage title={tenant.data?.name ?? 'Tenant'} lead="" actions={tenant.data && <TenantActions tenant={tenant.data} />}>
      {tenant.isPending && <Panel><SkeletonRows label="Loading the tenant" /></Panel>}
      {tenant.error && !tenant.data && <Failure error={tenant.error} onRetry={() => void tenant.refetch()} />}
      {tenant.data && (
        <>
          <Panel>
            <Facts>
              <Fact name="State">
                <Status status={tenant.data.disabledAt === null ? 'active' : 'disabled'} />
                {tenant.data.disabledAt && <span className="num ml-2 text-12 text-muted">since {formatDateTime(tenant.data.disabledAt)}</span>}
              </Fact>
              <Fact name="Id"><Id value={tenant.data.id} /></Fact>
              <Fact name="Place">{tenant.data.place}</Fact>
              <Fact name="Members"><span className="num">{tenant.data.members}</span></Fact>
              <Fact name="Made"><Ago at={tenant.data.createdAt} /></Fact>
              {tenant.data.home && <Fact name="Role"><Tag tone="accent">first</Tag> <span className="text-muted">Its owners look after the installation.</span></Fact>}
            </Facts>
          </Panel>
          <TenantQuotas tenant={tenant.data} />
        </>
      )}
    </SettingsPage>
  );
}

function TenantActions({ tenant }: { tenant: TenantSummary }) {
  const mayWrite = useCan('tenants:write');
  const [asked, setAsked] = useState<'link' | 'move' | 'state' | null>(null);
  const shards = useQuery({ ...shardsQuery(), enabled: mayWrite && !tenant.home });
  if (!mayWrite) return null;
  const elsewhere = (shards.data ?? []).filter((shard) => shard.name !== tenant.place);
  const close = () => setAsked(null);
  return (
    <>
      <Button onClick={() => setAsked('link')}>New owner link</Button>
      {elsewhere.length > 0 && <Button onClick={() => setAsked('move')}>Move</Button>}
      {!tenant.home && (
        <Button tone={tenant.disabledAt === null ? 'danger' : 'primary'} onClick={() => setAsked('state')}>
          {tenant.disabledAt === null ? 'Disable' : 'Enable'}
        </Button>
      )}
      {asked === 'link' && <NewOwnerLink tenant={tenant} onClose={close} />}
      {asked === 'move' && <MoveTenant tenant={tenant} elsewhere={elsewhere} onClose={close} />}
      {asked === 'state' && <SetOpen tenant={tenant} onClose={close} />}
    </>
  );
}

interface DialogProps {
  tenant: TenantSummary;
  onClose: () => void;
}

function NewOwnerLink({ tenant, onClose }: DialogProps) {
  const change = useChange({ ask: () => createOwnerLink(tenant.id), stale: [] });
  if (change.data) return <OwnerLinkOnce name={tenant.name} link={change.data} onClose={onClose} />;
  return (
    <FormDialog title={`Another owner for ${tenant.name}?`} action="Make a link" change={change} onClose={onClose}>
      <p className="text-muted">Whoever follows it becomes an owner of this tenant, once. An earlier link that was not used is dead then.</p>
    </FormDialog>
  );
}

function SetOpen({ tenant, onClose }: DialogProps) {
  const open = tenant.disabledAt !== null;
  const change = useChange({
    ask: () => setTenantOpen(tenant.id, open),
    stale: [settingsKeys.tenants],
    done: `${tenant.name} is ${open ? 'enabled' : 'disabled'}.`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`${open ? 'Enable' : 'Disable'} ${tenant.name}?`}
      action={open ? 'Enable' : 'Disable'}
      tone={open ? 'primary' : 'danger'}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        {open
          ? 'Its people can sign in again.'
          : 'Its sessions end with their next request and nobody signs in to it. Nothing is lost, and runs under way go on to their end.'}
      </p>
    </FormDialog>
  );
}

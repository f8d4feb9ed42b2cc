'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { ssoConnectionsQuery } from '@/api/settings-queries';
import type { SsoConnection, SsoDomain } from '@/api/types';
import { Button } from '@/ui/button';
import { ActionMenu } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { ListPanel } from '@/features/list-panel';
import { SettingsPage } from '../parts/settings-page';
import { DeleteConnection, TestConnection } from './connection-dialogs';
import { ConnectionForm } from './connection-form';
import { AddDomain, DomainDialog } from './domain-dialogs';

type Asked =
  | { what: 'edit' | 'test' | 'add' | 'delete'; connection: SsoConnection }
  | { what: 'domain'; domain: SsoDomain };

/** The identity providers at which people of the tenant sign in. */
export function SsoConnections() {
  const mayWrite = useCan('sso:write');
  const [making, setMaking] = useState(false);
  return (
    <SettingsPage actions={mayWrite && <Button tone="primary" onClick={() => setMaking(true)}>New connection</Button>}>
      <ConnectionsList />
      {making && <ConnectionForm onClose={() => setMaking(false)} />}
    </SettingsPage>
  );
}

function ConnectionsList() {
  const connections = useInfiniteQuery(ssoConnectionsQuery());
  const mayWrite = useCan('sso:write');
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const columns: Column<SsoConnection>[] = [
    {
      title: 'Connection',
      cell: (connection) => (
        <>
          <span className="font-medium">{connection.name}</span>
          <span className="num block text-12 break-all text-muted">{connection.issuer}</span>
        </>
      ),
    },
    {
      title: 'Domains',
      cell: (connection) =>
        connection.domains.length === 0 ? (
          <span className="text-warn">none, so no address leads here</span>
        ) : (
          <ul className="space-y-1">
            {connection.domains.map((domain) => (
              <li key={domain.domain} className="flex flex-wrap items-center gap-2">
                <span className="num text-12">{domain.domain}</span>
                {domain.verifiedAt === null && <Tag tone="warn">unverified</Tag>}
                {mayWrite && (
                  <Button onClick={() => setAsked({ what: 'domain', domain })} aria-label={`Manage ${domain.domain}`}>Manage</Button>
                )}
              </li>
            ))}
          </ul>
        ),
    },
    { title: 'People', cell: (connection) => <span className="num">{connection.accountsCount}</span> },
    { title: 'State', cell: (connection) => <StateTag connection={connection} /> },
  ];
  return (
    <>
      <ListPanel
        label="connections"
        list={connections}
        columns={columns}
        keyOf={(connection) => connection.id}
        actions={mayWrite ? (connection) => (
          <ActionMenu
            label={`Actions for ${connection.name}`}
            actions={[
              { label: 'Edit', onSelect: () => setAsked({ what: 'edit', connection }) },
              { label: 'Test', onSelect: () => setAsked({ what: 'test', connection }) },
              { label: 'Add domain', onSelect: () => setAsked({ what: 'add', connection }) },
              { label: 'Delete', tone: 'danger', onSelect: () => setAsked({ what: 'delete', connection }) },
            ]}
          />
        ) : undefined}
        empty={
          <Empty title="No single sign-on">
            Register CodexOS as a client at your OpenID Connect provider, connect it here, and verify the domain of your
            addresses. People then sign in there.
          </Empty>
        }
      />
      {asked?.what === 'edit' && <ConnectionForm connection={asked.connection} onClose={close} />}
      {asked?.what === 'test' && <TestConnection connection={asked.connection} onClose={close} />}
      {asked?.what === 'add' && <AddDomain connection={asked.connection} onAdded={(domain) => setAsked({ what: 'domain', domain })} onClose={close} />}
      {asked?.what === 'domain' && <DomainDialog domain={asked.domain} onClose={close} />}
      {asked?.what === 'delete' && <DeleteConnection connection={asked.connection} onClose={close} />}
    </>
  );
}

function StateTag({ connection }: { connection: SsoConnection }) {
  if (!connection.enabled) return <Tag>off</Tag>;
  return connection.enforced ? <Tag tone="accent">enforced</Tag> : <Tag>on</Tag>;
}

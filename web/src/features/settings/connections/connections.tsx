'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCanMake } from '@/api/permissions';
import { connectionsQuery } from '@/api/settings-queries';
import type { Connection } from '@/api/types';
import { ListPanel } from '@/features/list-panel';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { Status } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { SettingsPage } from '../parts/settings-page';
import { connectionKinds, placeOf, type ConnectionKind } from './connection-values';
import { NewConnection } from './new-connection';

const columns: Column<Connection>[] = [
  {
    title: 'Connection',
    cell: (connection) => (
      <>
        <Link href={`/settings/connections/${encodeURIComponent(connection.name)}`} className="font-medium text-accent hover:underline">
          {connection.name}
        </Link>
        <span className="num block text-12 break-all text-muted">{placeOf(connection)}</span>
      </>
    ),
  },
  { title: 'Kind', cell: (connection) => connectionKinds[connection.kind as ConnectionKind] ?? connection.kind },
  { title: 'Tools', cell: (connection) => <span className="num">{connection.toolsCount}</span> },
  { title: 'State', cell: (connection) => <Status status={connection.state} /> },
  {
    title: 'Asked',
    cell: ({ refreshedAt }) => (refreshedAt ? <Ago at={refreshedAt} /> : <span className="text-warn">never</span>),
  },
];

/** Where tools come from that are not CodexOS's own. */
export function Connections() {
  const connections = useInfiniteQuery(connectionsQuery());
  const mayMake = useCanMake('connections:write');
  const [making, setMaking] = useState(false);
  return (
    <SettingsPage actions={mayMake && <Button tone="primary" onClick={() => setMaking(true)}>New connection</Button>}>
      <ListPanel
        label="connections"
        list={connections}
        columns={columns}
        keyOf={(connection) => connection.name}
        empty={
          <Empty title="No connections">
            Name an MCP server or an HTTP API, and what it offers becomes tools that agents can be given. No agent has them before its
            definition lists them.
          </Empty>
        }
      />
      {making && <NewConnection onClose={() => setMaking(false)} />}
    </SettingsPage>
  );
}

'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCanOn } from '@/api/permissions';
import { refreshConnection, removeConnection } from '@/api/settings-calls';
import { connectionQuery, connectionToolsQuery, settingsKeys } from '@/api/settings-queries';
import type { Connection as ConnectionOf, ConnectionTool } from '@/api/types';
import { useChange } from '@/features/change';
import { Failure } from '@/features/failure';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { plural } from '@/lib/format';
import { useNavigate, usePathTail } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button } from '@/ui/button';
import { Fact, Facts } from '@/ui/facts';
import { ActionMenu } from '@/ui/menu';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Status, Tag } from '@/ui/status';
import { Table, type Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { SettingsPage } from '../parts/settings-page';
import { connectionKinds, placeOf, secretsOf, type ConnectionKind } from './connection-values';

const stale = [settingsKeys.connections, ['tools']];

export function Connection() {
  const name = usePathTail();
  useTitle(name);
  const connection = useQuery(connectionQuery(name));
  const { data } = connection;
  return (
    <SettingsPage
      title={name}
      lead={data && (connectionKinds[data.kind as ConnectionKind] ?? data.kind)}
      actions={data && <ConnectionActions connection={data} />}
    >
      {connection.isPending && <Panel><SkeletonRows label="Loading the connection" /></Panel>}
      {connection.error && !data && <Failure error={connection.error} onRetry={() => void connection.refetch()} />}
      {data && (
        <>
          {data.fault && (
            <Notice tone="bad" title={data.fault.message} code={data.fault.code}>
              {data.refreshedAt ? 'Its tools are those of the last time that it answered.' : 'It has no tools before it has answered once.'}
            </Notice>
          )}
          {data.state === 'changed' && (
            <Notice tone="warn" title="Its source says that its tools have changed">Refresh the connection to see them.</Notice>
          )}
          <About connection={data} />
          <Tools name={name} />
          {data.skipped.length > 0 && <Skipped connection={data} />}
        </>
      )}
    </SettingsPage>
  );
}

function ConnectionActions({ connection: { name } }: { connection: ConnectionOf }) {
  const mayWrite = useCanOn('connections:write', `connection:${name}`);
  const [removing, setRemoving] = useState(false);
  const refresh = useChange({
    ask: () => refreshConnection(name),
    stale,
    done: (now) => (now.fault ? `${name} could not be refreshed.` : `${name} has ${plural(now.toolsCount, 'tool')}.`),
  });
  if (!mayWrite) return null;
  return (
    <>
      {refresh.error && <Failure error={refresh.error} />}
      <Button busy={refresh.isPending} onClick={() => refresh.mutate()}>Refresh</Button>
      <ActionMenu
        label={`Actions for ${name}`}
        actions={[{ label: 'Remove', tone: 'danger', onSelect: () => setRemoving(true) }]}
      />
      {removing && <RemoveConnection name={name} onClose={() => setRemoving(false)} />}
    </>
  );
}

function RemoveConnection({ name, onClose }: { name: string; onClose: () => void }) {
  const { replace } = useNavigate();
  const change = useChange({
    ask: () => removeConnection(name),
    stale: [[...settingsKeys.connections, 'list'], ['tools']],
    done: `${name} is removed.`,
    onDone: () => replace('/settings/connections'),
  });
  return (
    <FormDialog title={`Remove ${name}?`} action="Remove" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">No run can call its tools from then on. What an agent lists of them is refused.</p>
    </FormDialog>
  );
}

function About({ connection }: { connection: ConnectionOf }) {
  const { server, state, refreshedAt, createdAt } = connection;
  const secrets = secretsOf(connection);
  return (
    <Panel>
      <Facts>
        <Fact name="Leads to"><span className="num text-12">{placeOf(connection)}</span></Fact>
        <Fact name="State"><Status status={state} /></Fact>
        {secrets.length > 0 && <Fact name="Secrets"><span className="num text-12">{secrets.join(', ')}</span></Fact>}
        {server && (
          <Fact name="Says it is">
            {server.name} <span className="num text-12 text-muted">{server.version} {server.protocol}</span>
          </Fact>
        )}
        <Fact name="Asked">{refreshedAt ? <Ago at={refreshedAt} /> : 'never with success'}</Fact>
        <Fact name="Set up"><Ago at={createdAt} /></Fact>
      </Facts>
    </Panel>
  );
}

const columns: Column<ConnectionTool>[] = [
  {
    title: 'Tool',
    cell: (tool) => (
      <>
        <span className="num font-medium">{tool.name}</span>
        <span className="line-clamp-2 text-muted">{tool.description}</span>
      </>
    ),
  },
  { title: 'Effect', cell: (tool) => <Tag tone={tool.effect === 'irreversible' ? 'warn' : 'plain'}>{tool.effect}</Tag> },
  { title: 'Repeated', cell: (tool) => <span className="num text-12">{tool.repeat}</span> },
  { title: 'Trusted as', cell: (tool) => <span className="num text-12">{tool.source}</span> },
  { title: 'A person is asked', cell: (tool) => (tool.disabled ? <Tag tone="warn">off</Tag> : tool.asks ? 'before each call' : 'no') },
];

function Tools({ name }: { name: string }) {
  return (
    <ListPanel
      label="tools of the connection"
      title="Tools"
      list={useInfiniteQuery(connectionToolsQuery(name))}
      columns={columns}
      keyOf={(tool) => tool.name}
      empty={<Empty title="No tools">Its source offered none, or could not be asked.</Empty>}
    />
  );
}

const skippedColumns: Column<ConnectionOf['skipped'][number]>[] = [
  { title: 'Tool', cell: (tool) => <span className="num">{tool.name}</span> },
  { title: 'Why', bare: true, cell: (tool) => <span className="text-muted">{tool.reason}</span> },
];

function Skipped({ connection }: { connection: ConnectionOf }) {
  return (
    <Panel title="What cannot be used">
      <Table
        label="What cannot be used"
        columns={skippedColumns}
        items={connection.skipped}
        keyOf={(tool) => tool.name + tool.reason}
      />
    </Panel>
  );
}

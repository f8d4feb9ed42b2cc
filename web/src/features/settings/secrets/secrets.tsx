'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { removeSecret } from '@/api/settings-calls';
import { secretsQuery, settingsKeys } from '@/api/settings-queries';
import type { SecretSummary } from '@/api/types';
import { Button } from '@/ui/button';
import { ActionMenu, type MenuAction } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { SettingsPage } from '../parts/settings-page';
import { RevealSecret } from './reveal-secret';
import { SecretForm } from './secret-form';

const columns: Column<SecretSummary>[] = [
  { title: 'Secret', cell: (secret) => <span className="num font-medium">{secret.name}</span> },
  {
    title: 'Goes to',
    cell: (secret) =>
      secret.hosts.length === 0 ? (
        <span className="text-warn">nowhere</span>
      ) : (
        <ul className="num text-12">
          {secret.hosts.map((host) => <li key={host}>{host}</li>)}
          {secret.allowPlainHttp && <li><Tag tone="warn">also over plain HTTP</Tag></li>}
        </ul>
      ),
  },
  { title: 'As', cell: (secret) => <span className="num text-12">{secret.header}: {secret.prefix} …</span> },
  { title: 'Version', cell: (secret) => <span className="num">{secret.revision}</span> },
  { title: 'Set', cell: (secret) => <><Ago at={secret.changedAt} /> <span className="text-muted">by {secret.changedBy}</span></> },
];

type Asked = { what: 'new' } | { what: 'set' | 'reveal' | 'remove'; secret: SecretSummary };

export function Secrets() {
  const secrets = useInfiniteQuery(secretsQuery());
  const mayWrite = useCan('secrets:write');
  const mayReveal = useCan('secrets:reveal');
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const actionsOf = (secret: SecretSummary): MenuAction[] => [
    ...(mayWrite ? [{ label: 'Set a new value', onSelect: () => setAsked({ what: 'set', secret }) }] : []),
    ...(mayReveal ? [{ label: 'Reveal', onSelect: () => setAsked({ what: 'reveal', secret }) }] : []),
    ...(mayWrite ? [{ label: 'Remove', tone: 'danger' as const, onSelect: () => setAsked({ what: 'remove', secret }) }] : []),
  ];
  return (
    <SettingsPage actions={mayWrite && <Button tone="primary" onClick={() => setAsked({ what: 'new' })}>New secret</Button>}>
      <ListPanel
        label="secrets"
        list={secrets}
        columns={columns}
        keyOf={(secret) => secret.name}
        actions={mayWrite || mayReveal ? (secret) => <ActionMenu label={`Actions for ${secret.name}`} actions={actionsOf(secret)} /> : undefined}
        empty={
          <Empty title="No secrets">
            Give one a name here, and name it in a connection or a definition. The value goes to the hosts you choose, and
            nowhere else.
          </Empty>
        }
      />
      {asked?.what === 'new' && <SecretForm onClose={close} />}
      {asked?.what === 'set' && <SecretForm secret={asked.secret} onClose={close} />}
      {asked?.what === 'reveal' && <RevealSecret name={asked.secret.name} onClose={close} />}
      {asked?.what === 'remove' && <RemoveSecret name={asked.secret.name} onClose={close} />}
    </SettingsPage>
  );
}

function RemoveSecret({ name, onClose }: { name: string; onClose: () => void }) {
  const change = useChange({
    ask: () => removeSecret(name),
    stale: [settingsKeys.secrets],
    done: `${name} is removed.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Remove ${name}?`} action="Remove" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">No request is given it from then on, so what needs it fails. The value cannot be brought back.</p>
    </FormDialog>
  );
}

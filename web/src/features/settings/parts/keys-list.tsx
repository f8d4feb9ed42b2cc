'use client';

import { useState } from 'react';
import { revokeApiKey } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { ApiKeySummary } from '@/api/types';
import { formatDateTime } from '@/lib/format';
import { ActionMenu } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Status, Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel, type PagedList } from '@/features/list-panel';
import { PermissionTags } from './permission-tags';
import { ReplaceKeyDialog } from './replace-key-dialog';

interface KeysListProps {
  list: PagedList<ApiKeySummary>;
  title?: string;
  showOwner?: boolean;
  mayRevoke: boolean;
  mayReplace?: (key: ApiKeySummary) => boolean;
  onAnother?: (key: ApiKeySummary) => void;
}

/** API keys: what is known of them, which is never the key itself. */
export function KeysList({ list, title, showOwner = false, mayRevoke, mayReplace, onAnother }: KeysListProps) {
  const [revoking, setRevoking] = useState<ApiKeySummary | null>(null);
  const [replacing, setReplacing] = useState<ApiKeySummary | null>(null);
  const actionsOf = (key: ApiKeySummary) => [
    ...(mayReplace?.(key) && key.state === 'active' && !key.replacedBy
      ? [{ label: 'Replace', onSelect: () => setReplacing(key) }]
      : []),
    ...(onAnother ? [{ label: 'Make another like it', onSelect: () => onAnother(key) }] : []),
    ...(mayRevoke && key.state === 'active'
      ? [{ label: 'Revoke', tone: 'danger' as const, onSelect: () => setRevoking(key) }]
      : []),
  ];
  return (
    <>
      <ListPanel
        label="API keys"
        title={title}
        list={list}
        columns={showOwner ? [nameColumn, ownerColumn, ...columns] : [nameColumn, ...columns]}
        keyOf={(key) => key.id}
        actions={mayRevoke || mayReplace || onAnother ? (key) => <ActionMenu label={`Actions for ${key.name}`} actions={actionsOf(key)} /> : undefined}
        empty={<Empty title="No API keys">A program that calls the API needs one. Give it the scopes it needs, and no more.</Empty>}
      />
      {replacing && <ReplaceKeyDialog apiKey={replacing} onClose={() => setReplacing(null)} />}
      {revoking && <Revoke apiKey={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

const nameColumn: Column<ApiKeySummary> = {
  title: 'Key',
  cell: (key) => (
    <>
      <span className="block font-medium">{key.name}</span>
      <span className="num block text-12 text-muted">{key.hint}</span>
    </>
  ),
};

const ownerColumn: Column<ApiKeySummary> = {
  title: 'Acts for',
  cell: (key) => (
    <span className="flex flex-wrap items-center gap-2">
      {key.ownerName}
      {key.ownerKind === 'serviceAccount' && <Tag>service account</Tag>}
    </span>
  ),
};

const columns: Column<ApiKeySummary>[] = [
  { title: 'Scopes', cell: (key) => <PermissionTags names={key.scopes} /> },
  {
    title: 'State',
    cell: (key) => (
      <>
        <Status status={key.state} />
        {key.state === 'active' && <span className="num block text-12 text-muted">{lastsUntil(key)}</span>}
        {key.replaces && <span className="block text-12 text-muted">replaces an earlier key</span>}
      </>
    ),
  },
  { title: 'Last used', cell: (key) => (key.lastUsedAt ? <Ago at={key.lastUsedAt} /> : <span className="text-faint">never</span>) },
];

/** A key that was replaced ends at an hour of its day, others on a day. */
const lastsUntil = (key: ApiKeySummary) =>
  key.replacedBy ? `replaced, goes on until ${formatDateTime(key.expiresAt)}` : `until ${formatDateTime(key.expiresAt).split(',')[0]}`;

function Revoke({ apiKey, onClose }: { apiKey: ApiKeySummary; onClose: () => void }) {
  const change = useChange({
    ask: () => revokeApiKey(apiKey.id),
    stale: [settingsKeys.apiKeys, settingsKeys.serviceAccounts],
    done: `${apiKey.name} is revoked.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Revoke ${apiKey.name}?`} action="Revoke" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">
        Whatever uses it is refused from the next request on. A key that was revoked cannot be brought back.
      </p>
    </FormDialog>
  );
}

'use client';

import { useState } from 'react';
import type { NewApiKey } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { ApiKeySummary, CreatedApiKey } from '@/api/types';
import { useNow } from '@/lib/clock';
import { formatDateTime } from '@/lib/format';
import { TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { PermissionPicker } from './permission-picker';
import { SecretOnce } from './secret-once';

const daysDefault = 90;
const daysMax = 3650;
const dayMs = 86_400_000;

interface NewKeyDialogProps {
  /** Whom it will act for, as in "you". */
  forWhom: string;
  /** What its owner may do. */
  scopes: readonly string[];
  /** A key to make another one like. */
  like?: ApiKeySummary;
  create: (key: NewApiKey) => Promise<CreatedApiKey>;
  onClose: () => void;
}

/** Makes an API key, and shows it this once. */
export function NewKeyDialog({ forWhom, scopes, like, create, onClose }: NewKeyDialogProps) {
  const [name, setName] = useState(like?.name ?? '');
  const [days, setDays] = useState(String(daysDefault));
  const [chosen, setChosen] = useState(like?.scopes.filter((scope) => scopes.includes(scope)) ?? []);
  const change = useChange({
    ask: () => create({ name: name.trim(), scopes: chosen, expiresInDays: Number(days) }),
    stale: [settingsKeys.apiKeys, settingsKeys.serviceAccounts],
  });
  const now = useNow(false);
  const ends = Number(days) > 0 && Number(days) <= daysMax ? formatDateTime(new Date(now + Number(days) * dayMs).toISOString()) : null;
  if (change.data) {
    const { key, apiKey } = change.data;
    return (
      <SecretOnce
        title={`The key ${apiKey.name}`}
        what="key"
        text={key}
        hint={`It acts for ${forWhom} until ${formatDateTime(apiKey.expiresAt)}. Send it as “Authorization: Bearer …”, or give it to codexos as CODEXOS_TOKEN.`}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title={`New API key for ${forWhom}`}
      action="Create key"
      change={change}
      disabled={chosen.length === 0}
      onClose={onClose}
      className="w-[min(760px,calc(100vw-32px))]"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Name"
          required
          maxLength={100}
          autoComplete="off"
          value={name}
          hint="For instance after the program that will use it."
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Good for, in days"
          type="number"
          required
          min={1}
          max={daysMax}
          className="num"
          value={days}
          hint={ends ? `Until ${ends}. The server may allow less.` : undefined}
          onChange={(event) => setDays(event.target.value)}
        />
      </div>
      <PermissionPicker legend="Scopes: what it may do" chosen={chosen} onChange={setChosen} givable={scopes} only />
    </FormDialog>
  );
}

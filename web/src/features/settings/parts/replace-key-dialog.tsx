'use client';

import { useState } from 'react';
import { rotateApiKey } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { ApiKeySummary } from '@/api/types';
import { formatDateTime } from '@/lib/format';
import { SelectField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { SecretOnce } from './secret-once';

const hour = 3_600;
const overlaps = [
  { value: '0', label: 'Not at all' },
  { value: String(hour), label: 'An hour' },
  { value: String(24 * hour), label: 'A day' },
  { value: String(7 * 24 * hour), label: 'A week' },
  { value: String(30 * 24 * hour), label: '30 days' },
];
const overlapDefault = String(24 * hour);

/** Makes another key in the place of one, and shows it this once. */
export function ReplaceKeyDialog({ apiKey, onClose }: { apiKey: ApiKeySummary; onClose: () => void }) {
  const [overlap, setOverlap] = useState(overlapDefault);
  const change = useChange({
    ask: () => rotateApiKey(apiKey.id, Number(overlap)),
    stale: [settingsKeys.apiKeys, settingsKeys.serviceAccounts],
  });
  if (change.data) {
    return (
      <SecretOnce
        title={`The new key ${apiKey.name}`}
        what="key"
        text={change.data.key}
        hint={`It acts for ${apiKey.ownerName} until ${formatDateTime(change.data.apiKey.expiresAt)}. ${afterwards[overlap === '0' ? 'over' : 'goesOn']}`}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog title={`Replace ${apiKey.name}?`} action="Replace" change={change} onClose={onClose}>
      <p className="text-muted">
        A new key with the same name, scopes and lifetime is made. Give it to whatever uses the old one, which goes on
        meanwhile.
      </p>
      <SelectField
        label="The old key goes on for"
        value={overlap}
        options={overlaps}
        hint={`Never longer than until ${formatDateTime(apiKey.expiresAt)}, when it would have ended.`}
        onChange={(event) => setOverlap(event.target.value)}
      />
    </FormDialog>
  );
}

const afterwards = {
  over: 'The old key is refused from now on.',
  goesOn: 'The old key goes on meanwhile; the list says until when.',
};

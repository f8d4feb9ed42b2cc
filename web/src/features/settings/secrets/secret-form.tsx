'use client';

import { useState } from 'react';
import { setSecret } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { SecretSummary } from '@/api/types';
import { hostsOf } from '@/lib/hosts';
import { CheckField, PasswordField, TextAreaField, TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

/** Sets a secret: a new one, or a new value in the place of the one that is there. */
export function SecretForm({ secret, onClose }: { secret?: SecretSummary; onClose: () => void }) {
  const [name, setName] = useState(secret?.name ?? '');
  const [value, setValue] = useState('');
  const [hosts, setHosts] = useState(secret?.hosts.join('\n') ?? '');
  const [header, setHeader] = useState(secret?.header ?? 'Authorization');
  const [prefix, setPrefix] = useState(secret?.prefix ?? 'Bearer');
  const [allowPlainHttp, setAllowPlainHttp] = useState(secret?.allowPlainHttp ?? false);
  const change = useChange({
    ask: () => setSecret(name.trim(), { value, hosts: hostsOf(hosts), header: header.trim(), prefix, allowPlainHttp }),
    stale: [settingsKeys.secrets],
    done: (made) => `${made.name} is set, version ${made.revision}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={secret ? `A new value for ${secret.name}` : 'New secret'} action="Set secret" change={change} onClose={onClose}>
      {!secret && (
        <TextField
          label="Name"
          required
          pattern="[a-z][a-z0-9.\-]{0,62}"
          maxLength={63}
          title="Up to 63 lowercase letters, digits, dashes and dots, beginning with a letter."
          hint="Up to 63 lowercase letters, digits, dashes and dots, beginning with a letter."
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <PasswordField
        label="Value"
        what="value"
        required
        maxLength={65_536}
        autoComplete="off"
        value={value}
        hint="Sealed before it is stored. The one that was there is gone then."
        onChange={(event) => setValue(event.target.value)}
      />
      <TextAreaField
        label="The only hosts that it goes to"
        rows={2}
        className="num"
        spellCheck={false}
        value={hosts}
        hint="One to a line, as api.example.com or *.example.com. Without any it goes nowhere."
        onChange={(event) => setHosts(event.target.value)}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Header" required maxLength={100} className="num" value={header} onChange={(event) => setHeader(event.target.value)} />
        <TextField label="What stands before it" maxLength={100} className="num" value={prefix} onChange={(event) => setPrefix(event.target.value)} />
      </div>
      <CheckField
        label="Also over plain HTTP"
        hint="Everyone on the way can read it then."
        checked={allowPlainHttp}
        onChange={(event) => setAllowPlainHttp(event.target.checked)}
      />
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { changePassword, renameMe, stepUp } from '@/api/calls';
import { keys, secondFactorQuery } from '@/api/queries';
import { settingsKeys } from '@/api/settings-queries';
import { OneTimeCodeField, PasswordField, TextField } from '@/ui/field';
import { NewPasswordField } from '@/ui/new-password-field';
import { SkeletonRows } from '@/ui/notice';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

export function Rename({ name, onClose }: { name: string; onClose: () => void }) {
  const [next, setNext] = useState(name);
  const change = useChange({
    ask: () => renameMe(next),
    stale: [keys.me, settingsKeys.members],
    done: `Others see you as ${next.trim()} now.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Your name" action="Change name" change={change} onClose={onClose} disabled={next.trim() === name}>
      <TextField
        label="Name"
        required
        maxLength={100}
        autoComplete="name"
        hint="How others see you."
        value={next}
        onChange={(event) => setNext(event.target.value)}
      />
    </FormDialog>
  );
}

export function ChangePassword({ onClose }: { onClose: () => void }) {
  const factor = useQuery(secondFactorQuery());
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [code, setCode] = useState('');
  const asksCode = factor.data?.enabled ?? false;
  const change = useChange({
    ask: async () => {
      if (asksCode) await stepUp(code);
      await changePassword(current, next);
    },
    stale: [settingsKeys.sessions, keys.applications],
    done: 'Your password is changed, and your other sessions are over.',
    onDone: onClose,
  });
  return (
    <FormDialog title="Your password" action="Change password" change={change} disabled={factor.isPending} onClose={onClose}>
      <PasswordField
        label="Present password"
        what="present password"
        autoComplete="current-password"
        required
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <NewPasswordField label="New password" name="newPassword" value={next} onChange={setNext} />
      {factor.isPending && <SkeletonRows rows={1} label="Loading the second factor" />}
      {asksCode && <OneTimeCodeField value={code} onChange={(event) => setCode(event.target.value)} />}
      <p className="text-12 text-faint">All your other sessions end, and the applications that act for you are signed out.</p>
    </FormDialog>
  );
}

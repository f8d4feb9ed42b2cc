'use client';

import { useState } from 'react';
import { changePassword, renameMe } from '@/api/calls';
import { keys } from '@/api/queries';
import { settingsKeys } from '@/api/settings-queries';
import { PasswordField, TextField } from '@/ui/field';
import { NewPasswordField } from '@/ui/new-password-field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { useStepUp } from '@/features/step-up';

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
  const factor = useStepUp();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useChange({
    ask: async () => {
      await factor.give();
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
      {factor.field}
      <p className="text-12 text-faint">All your other sessions end, and the applications that act for you are signed out.</p>
    </FormDialog>
  );
}

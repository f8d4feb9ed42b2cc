'use client';

import { useState } from 'react';
import { startErasure, startSubjectExport } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import { useNavigate } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { CheckField, TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { PersonField } from './person-field';

/** Starts an export, and goes to its run. */
export function ExportPerson({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [key] = useState(randomKey);
  const [subject, setSubject] = useState('');
  const change = useChange({
    ask: () => startSubjectExport(subject, key),
    stale: [settingsKeys.subjectExports],
    done: 'The export has begun. Its archive is in the settings when the run has ended.',
    onDone: (run) => navigate.go(`/runs/${run.id}`),
  });
  return (
    <FormDialog title="Export somebody’s data" action="Start export" change={change} onClose={onClose}>
      <PersonField value={subject} onChange={setSubject} />
      <p className="text-muted">
        What people typed into their runs may speak of others. Look the archive over before you pass it on; each download is in the
        audit log.
      </p>
    </FormDialog>
  );
}

/** Starts an erasure, once the address was typed. */
export function ErasePerson({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [key] = useState(randomKey);
  const [subject, setSubject] = useState('');
  const [confirm, setConfirm] = useState('');
  const [deleteRuns, setDeleteRuns] = useState(false);
  const change = useChange({
    ask: () => startErasure({ subject, confirm: confirm.trim(), deleteRuns }, key),
    stale: [settingsKeys.erasures, settingsKeys.members],
    done: 'The erasure has begun. Its receipt is in the settings when the run has ended.',
    onDone: (run) => navigate.go(`/runs/${run.id}`),
  });
  return (
    <FormDialog title="Erase somebody for good" action="Erase for good" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <Notice tone="warn" title="This cannot be undone">
        Account, sessions, keys and grants go, and what was encrypted for them becomes unreadable, in backups too. The audit log keeps
        its entries, with their id only.
      </Notice>
      <PersonField value={subject} onChange={setSubject} />
      <TextField
        label="Their address once more"
        required
        autoComplete="off"
        maxLength={320}
        value={confirm}
        hint="Of somebody who has left, or of a service account, the id."
        onChange={(event) => setConfirm(event.target.value)}
      />
      <CheckField
        label="Delete the runs that they started too"
        hint="With all events. Otherwise they stay: what was done with agents is the tenant’s work."
        checked={deleteRuns}
        onChange={(event) => setDeleteRuns(event.target.checked)}
      />
    </FormDialog>
  );
}

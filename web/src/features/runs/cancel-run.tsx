'use client';

import { useState } from 'react';
import { cancelRun } from '@/api/calls';
import { useCanOnRun } from '@/api/permissions';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { CheckField, TextField } from '@/ui/field';
import { useControl } from './control-mutation';

export function CancelRun({ runId }: { runId: string }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const [hard, setHard] = useState(false);
  const mayCancel = useCanOnRun('runs:cancel', runId);
  const cancel = useControl({
    ask: () => cancelRun(runId, reason.trim() || undefined, hard),
    done: 'Cancelling. The step under way is stopped first.',
    onDone: () => setOpen(false),
  });
  if (!mayCancel) return null;
  return (
    <>
      <Button tone="danger" onClick={() => setOpen(true)}>Cancel run</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title="Cancel this run?"
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Keep running</Button>
            <Button tone="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>Yes, cancel it</Button>
          </>
        }
      >
        <form
          className="space-y-3 p-4"
          onSubmit={(event) => {
            event.preventDefault();
            cancel.mutate();
          }}
        >
          <p className="text-muted">
            It stops before its next step. What it has done so far stays in its journal and workspace. To stop it for a
            while, pause it instead.
          </p>
          <TextField label="Reason (optional)" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
          <CheckField
            label="At once"
            hint="The step under way gets no time to stop by itself. If it does not stop, nobody knows whether it took place."
            checked={hard}
            onChange={(event) => setHard(event.target.checked)}
          />
        </form>
      </Dialog>
    </>
  );
}

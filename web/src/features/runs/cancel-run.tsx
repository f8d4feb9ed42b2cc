'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelRun } from '@/api/calls';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { keys } from '@/api/queries';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { TextField } from '@/ui/field';
import { toast } from '@/ui/toasts';

export function CancelRun({ runId }: { runId: string }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const client = useQueryClient();
  const mayCancel = useCan('runs:cancel');
  const cancel = useMutation({
    mutationFn: () => cancelRun(runId, reason.trim() || undefined),
    onSuccess: () => {
      setOpen(false);
      toast('ok', 'Cancelling. The step under way is stopped first.');
    },
    onError: (error) => toast('bad', messageOf(error)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.runs }),
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
            It stops before its next step and cannot be resumed. What it has done so far stays in its journal and workspace.
          </p>
          <TextField label="Reason (optional)" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        </form>
      </Dialog>
    </>
  );
}

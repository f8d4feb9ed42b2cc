'use client';

import { useMutation } from '@tanstack/react-query';
import { revealSecret } from '@/api/settings-calls';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Dialog } from '@/ui/dialog';
import { FormDialog } from '@/features/form-dialog';
import { useStepUp } from '@/features/step-up';

/** Shows a secret after a question, and after a second factor where its reader has one. */
export function RevealSecret({ name, onClose }: { name: string; onClose: () => void }) {
  const factor = useStepUp();
  const reveal = useMutation({
    mutationFn: async () => {
      await factor.give();
      return revealSecret(name);
    },
    gcTime: 0,
  });
  if (reveal.data) {
    return (
      <Dialog open onClose={onClose} title={name} footer={<Button tone="primary" onClick={onClose}>Hide it</Button>}>
        <div className="p-4"><Code text={reveal.data.value} label={`The value of ${name}`} copy caption="The value" /></div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={`Reveal ${name}?`}
      action="Reveal"
      tone="danger"
      change={{ isPending: reveal.isPending, error: reveal.error, mutate: () => reveal.mutate() }}
      disabled={factor.isPending}
      onClose={onClose}
    >
      <p className="text-muted">That you looked is in the audit log before the value is shown.</p>
      {factor.field}
    </FormDialog>
  );
}

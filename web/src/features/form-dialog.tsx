'use client';

import { useId, type ReactNode } from 'react';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

interface FormDialogProps {
  title: string;
  action: string;
  tone?: 'primary' | 'danger';
  /** The mutation that the form starts. */
  change: { isPending: boolean; error: Error | null; mutate: () => void };
  onClose: () => void;
  cancel?: string;
  disabled?: boolean;
  className?: string;
  children: ReactNode;
}

/** A question with its answer: a form in a dialog, or the confirmation of something that cannot be taken back. */
export function FormDialog({
  title, action, tone = 'primary', change, onClose, cancel = 'Cancel', disabled, className, children,
}: FormDialogProps) {
  const form = useId();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      className={className}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button type="submit" form={form} tone={tone} busy={change.isPending} disabled={disabled}>{action}</Button>
        </>
      }
    >
      <form
        id={form}
        className="space-y-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!change.isPending && !disabled) change.mutate();
        }}
      >
        {children}
        {change.error && <Failure error={change.error} />}
      </form>
    </Dialog>
  );
}

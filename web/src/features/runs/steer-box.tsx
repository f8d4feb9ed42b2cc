'use client';

import { Send } from 'lucide-react';
import { useState } from 'react';
import { steerRun } from '@/api/calls';
import { Button } from '@/ui/button';
import { TextAreaField } from '@/ui/field';
import { useControl } from './control-mutation';

/** Words for a run that is under way. It reads them before its next step. */
export function SteerBox({ runId, onClose }: { runId: string; onClose: () => void }) {
  const [message, setMessage] = useState('');
  const steer = useControl({
    ask: () => steerRun(runId, message.trim()),
    done: 'It is told before its next step.',
    onDone: onClose,
  });
  const send = () => {
    if (message.trim() !== '' && !steer.isPending) steer.mutate();
  };
  return (
    <form
      aria-label="Steer this run"
      className="rounded-md border bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TextAreaField
        label="Tell it something"
        hint="It reads this before its next step; the step under way is not interrupted."
        value={message}
        rows={2}
        maxLength={20_000}
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the field has just been asked for
        autoFocus
        onChange={(event) => setMessage(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          if (event.key === 'Escape') onClose();
        }}
      />
      <div className="mt-3 flex justify-end gap-2">
        <Button onClick={onClose}>Never mind</Button>
        <Button type="submit" tone="primary" busy={steer.isPending} disabled={message.trim() === ''} icon={<Send aria-hidden size={13} />}>
          Send
        </Button>
      </div>
    </form>
  );
}

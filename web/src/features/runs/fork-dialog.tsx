'use client';

import { useRef, useState } from 'react';
import { forkRun } from '@/api/calls';
import type { ForkRequest, Run } from '@/api/types';
import { Failure } from '@/features/failure';
import { prettyJson, readJson } from '@/lib/json';
import { useNavigate } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { CheckField, TextAreaField, TextField } from '@/ui/field';
import { useControl } from './control-mutation';

interface ForkDialogProps {
  run: Run;
  seq: number;
  /** What the step that is complete at this event gave; undefined where it is no such event. */
  output: unknown;
  onClose: () => void;
}

/** Starts a run that begins where this one was, told something more or given another outcome. */
export function ForkDialog({ run, seq, output, onClose }: ForkDialogProps) {
  const navigate = useNavigate();
  const [title, setTitle] = useState(run.title);
  const [message, setMessage] = useState('');
  const [edited, setEdited] = useState<string | null>(null);
  // One key per intention: pressing again after a lost answer finds the fork instead of starting a second.
  const attempt = useRef<{ request: string; key: string } | null>(null);
  const read = edited === null ? null : readJson(edited);
  const fork = useControl({
    ask: () => {
      const request: ForkRequest = { seq, title: title.trim() || undefined, message: message.trim() || undefined };
      if (read !== null) request.output = read.value;
      const fingerprint = JSON.stringify(request);
      if (attempt.current?.request !== fingerprint) attempt.current = { request: fingerprint, key: randomKey() };
      return forkRun(run.id, request, attempt.current.key);
    },
    onDone: (forked) => navigate.go(`/runs/${forked.id}`),
  });
  const isBlocked = read !== null && read.problem !== null;
  const send = () => {
    if (!isBlocked && !fork.isPending) fork.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Fork after event ${seq}`}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button tone="primary" busy={fork.isPending} disabled={isBlocked} onClick={send}>Start the fork</Button>
        </>
      }
    >
      <form
        className="max-h-[60dvh] space-y-3 overflow-y-auto p-4"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p className="text-muted">
          A new run begins where this one was, with files and budgets of its own. This run stays as it is.
        </p>
        <TextField label="Title" value={title} maxLength={160} onChange={(event) => setTitle(event.target.value)} />
        <TextAreaField
          label="Tell it something first (optional)"
          value={message}
          maxLength={20_000}
          onChange={(event) => setMessage(event.target.value)}
        />
        {output !== undefined && (
          <CheckField
            label="Change what the last step gave"
            hint="The fork takes your words for the step's output; the step is not done again."
            checked={edited !== null}
            onChange={(event) => setEdited(event.target.checked ? prettyJson(output) : null)}
          />
        )}
        {edited !== null && (
          <TextAreaField
            label="Output (JSON)"
            value={edited}
            error={read?.problem}
            rows={8}
            spellCheck={false}
            className="num text-12"
            onChange={(event) => setEdited(event.target.value)}
          />
        )}
        {fork.error && <Failure error={fork.error} />}
      </form>
    </Dialog>
  );
}

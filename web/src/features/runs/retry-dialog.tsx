'use client';

import { useState } from 'react';
import { retryRun } from '@/api/calls';
import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import type { LimitsRequest, Run } from '@/api/types';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { useControl } from './control-mutation';

type Limit = keyof LimitsRequest;

const limits: { name: Limit; label: string; perUnit: number }[] = [
  { name: 'stepsMax', label: 'Most steps', perUnit: 1 },
  { name: 'wallTimeMaxSeconds', label: 'Longest time, seconds', perUnit: 1 },
  { name: 'tokensMax', label: 'Most tokens', perUnit: 1 },
  { name: 'costMaxMicroUsd', label: 'Most money, US dollars', perUnit: 1_000_000 },
];

/** Tries a run that ended again. One that reached a limit needs a higher one, or it would stop at once. */
export function RetryDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const isLimit = run.fault?.kind === 'limitReached';
  const [note, setNote] = useState('');
  const [asked, setAsked] = useState<Partial<Record<Limit, string>>>({});
  const retry = useControl({
    ask: () => retryRun(run.id, { note: note.trim() || undefined, limits: limitsOf(asked) }),
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Try this run again?"
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button tone="primary" busy={retry.isPending} onClick={() => retry.mutate()}>Try again</Button>
        </>
      }
    >
      <form
        className="space-y-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          retry.mutate();
        }}
      >
        <p className="text-muted">
          It goes on from the step that failed. What is complete stays complete and is not done twice.
        </p>
        {isLimit && run.fault && (
          <Notice tone="warn" title="It stopped at a limit" code={run.fault.code}>{run.fault.message} Give it a higher one below.</Notice>
        )}
        <TextField label="Reason (optional)" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
        <details open={isLimit} className="group">
          <summary className="text-12 font-medium text-muted hover:text-fg coarse:py-3">Other limits (optional)</summary>
          <div className="mt-2 grid gap-3 sm:grid-cols-2">
            {limits.map((limit) => (
              <TextField
                key={limit.name}
                label={limit.label}
                type="number"
                inputMode="decimal"
                min={0}
                step="any"
                placeholder="as before"
                className="num"
                value={asked[limit.name] ?? ''}
                onChange={(event) => setAsked({ ...asked, [limit.name]: event.target.value })}
              />
            ))}
          </div>
        </details>
        {retry.error && (
          <Notice live tone="bad" title={messageOf(retry.error)} code={retry.error instanceof ApiError ? retry.error.code : null}>
            {fieldProblems(retry.error).map((problem) => (
              <p key={problem.path + problem.message}><span className="num">{problem.path}</span>: {problem.message}</p>
            ))}
          </Notice>
        )}
      </form>
    </Dialog>
  );
}

function limitsOf(asked: Partial<Record<Limit, string>>): LimitsRequest | undefined {
  const given = limits.flatMap(({ name, perUnit }) => {
    const value = Number(asked[name] ?? '');
    return value > 0 ? [[name, Math.round(value * perUnit)] as const] : [];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

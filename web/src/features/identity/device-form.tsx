'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { decideDevice, lookAtDevice } from '@/api/calls';
import type { DeviceQuestion } from '@/api/types';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { Ago } from '@/ui/time';
import { EntryFrame } from './entry-frame';
import { ScopeList } from './scope-list';

/** Takes the code that a device shows, and lets it in or not. */
export function Device() {
  const [userCode, setUserCode] = useState(() => new URLSearchParams(window.location.search).get('user_code') ?? '');
  const look = useMutation({ mutationFn: () => lookAtDevice(userCode) });

  if (look.data) return <Question userCode={userCode} question={look.data} />;
  return (
    <EntryFrame title="Connect a device" lead="Enter the code that the device or the terminal shows you.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!look.isPending) look.mutate();
        }}
      >
        <TextField
          label="Code"
          name="code"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
          maxLength={40}
          value={userCode}
          hint="Eight letters, like WDJB-MJHT."
          onChange={(event) => setUserCode(event.target.value)}
        />
        {look.error && (
          <Failure error={look.error} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={look.isPending}>Continue</Button>
      </form>
    </EntryFrame>
  );
}

function Question({ userCode, question }: { userCode: string; question: DeviceQuestion }) {
  const decide = useMutation({ mutationFn: (allow: boolean) => decideDevice(userCode, allow) });
  if (decide.isSuccess)
    return (
      <EntryFrame
        title={decide.variables ? 'The device is connected' : 'The device was turned away'}
        lead="You can close this page and go on there."
      >
        {null}
      </EntryFrame>
    );
  return (
    <EntryFrame
      title={`Let ${question.clientName} act for you?`}
      lead={`You are signed in as ${question.email} in ${question.tenantName}.`}
    >
      <div className="space-y-4">
        <Notice tone="warn" title="Did you start this yourself?">
          The code was asked for by <span className="num">{question.device}</span> <Ago at={question.requestedAt} />. If somebody sent
          you here or gave you the code, do not allow it.
        </Notice>
        <p className="text-muted">
          The device shows the code <strong className="num font-medium text-fg">{userCode.trim().toUpperCase()}</strong>, and no other.
        </p>
        {question.everything ? (
          <p>It is to be signed in as you, and may do everything that you may.</p>
        ) : (
          <>
            <p className="text-muted">It asks to:</p>
            <ScopeList scopes={question.scopes} />
          </>
        )}
        {decide.error && (
          <Failure error={decide.error} />
        )}
        <div className="flex gap-2">
          <Button className="h-9 flex-1" disabled={decide.isPending} onClick={() => decide.mutate(false)}>Do not allow</Button>
          <Button tone="primary" className="h-9 flex-1" busy={decide.isPending} onClick={() => decide.mutate(true)}>Allow</Button>
        </div>
      </div>
    </EntryFrame>
  );
}

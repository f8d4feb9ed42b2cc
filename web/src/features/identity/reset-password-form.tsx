'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { resetPassword } from '@/api/calls';
import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import { Link, useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { NewPasswordField } from '@/ui/new-password-field';
import { Notice } from '@/ui/notice';
import { EntryFrame } from './entry-frame';
import { useLinkToken } from './use-link-token';

export function ResetPassword() {
  const token = useLinkToken();
  return token === null ? <NoLink /> : <NewPasswordForm token={token} />;
}

function NoLink() {
  return (
    <EntryFrame title="Choose a new password" lead="This page needs the link that was mailed to you.">
      <p className="text-muted">
        The link ends in <code className="num">/reset-password#token=…</code> and works once.{' '}
        <Link className="underline" href="/forgot-password">Have another mailed</Link>
      </p>
    </EntryFrame>
  );
}

function NewPasswordForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const reset = useMutation({
    mutationFn: () => resetPassword(token, password),
    onSuccess: () => navigate.replace('/sign-in'),
  });
  const problem = fieldProblems(reset.error).find((each) => each.path.toLowerCase() === 'password')?.message ?? null;

  return (
    <EntryFrame title="Choose a new password" lead="All your sessions end; then sign in with the new password.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!reset.isPending) reset.mutate();
        }}
      >
        <NewPasswordField label="New password" value={password} error={problem} onChange={setPassword} />
        {reset.error && (
          <Notice live tone="bad" title={messageOf(reset.error)} code={reset.error instanceof ApiError ? reset.error.code : null} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={reset.isPending}>Set the password</Button>
      </form>
    </EntryFrame>
  );
}

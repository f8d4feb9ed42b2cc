'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { acceptInvitation, lookAtInvitation } from '@/api/calls';
import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import type { InvitationPreview } from '@/api/types';
import { Failure } from '@/features/failure';
import { useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { PasswordField, TextField } from '@/ui/field';
import { NewPasswordField } from '@/ui/new-password-field';
import { Notice, SkeletonRows } from '@/ui/notice';
import { EntryFrame } from './entry-frame';
import { useLinkToken } from './use-link-token';

export function Join() {
  const token = useLinkToken();
  return token === null ? <NoLink /> : <Invited token={token} />;
}

function NoLink() {
  return (
    <EntryFrame title="Join" lead="This page needs the link from your invitation.">
      <p className="text-muted">
        Open the link in the mail that invited you. It ends in <code className="num">/join#token=…</code> and works once.
      </p>
    </EntryFrame>
  );
}

function Invited({ token }: { token: string }) {
  const seen = useQuery({ queryKey: ['invitation', token], queryFn: () => lookAtInvitation(token), retry: false });
  if (seen.data) return <JoinForm token={token} invitation={seen.data} />;
  return (
    <EntryFrame title="Join">
      {seen.error ? (
        <Failure error={seen.error} />
      ) : (
        <SkeletonRows rows={3} label="Looking at the invitation" />
      )}
    </EntryFrame>
  );
}

function JoinForm({ token, invitation }: { token: string; invitation: InvitationPreview }) {
  const navigate = useNavigate();
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const isNew = !invitation.hasAccount;
  const join = useMutation({
    mutationFn: () => acceptInvitation({ token, password, displayName: isNew ? displayName.trim() : undefined }),
    onSuccess: (joined) => navigate.replace(`/sign-in?tenant=${encodeURIComponent(joined.tenant)}`),
  });
  const problems = fieldProblems(join.error);
  const problemOf = (name: string) => problems.find((each) => each.path.toLowerCase() === name)?.message ?? null;

  return (
    <EntryFrame
      title={`Join ${invitation.tenantName}`}
      lead={`${invitation.email} is invited as ${invitation.role}.${isNew ? '' : ' Give the password of your account.'}`}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!join.isPending) join.mutate();
        }}
      >
        <input type="hidden" name="email" autoComplete="username" value={invitation.email} readOnly />
        {isNew && (
          <TextField
            label="Display name"
            name="displayName"
            autoComplete="name"
            required
            maxLength={100}
            value={displayName}
            error={problemOf('displayname')}
            hint="Shown beside what you approve and start."
            onChange={(event) => setDisplayName(event.target.value)}
          />
        )}
        {isNew ? (
          <NewPasswordField value={password} error={problemOf('password')} onChange={setPassword} />
        ) : (
          <PasswordField
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            error={problemOf('password')}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {join.error && (
          <Notice live tone="bad" title={messageOf(join.error)} code={join.error instanceof ApiError ? join.error.code : null} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={join.isPending}>Join</Button>
      </form>
    </EntryFrame>
  );
}

'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { createAdministrator, getSetup } from '@/api/calls';
import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import { useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { EmailField, TextField } from '@/ui/field';
import { NewPasswordField } from '@/ui/new-password-field';
import { Notice } from '@/ui/notice';
import { EntryFrame } from './entry-frame';
import { takeLinkToken } from './open-session';

export function Setup() {
  const navigate = useNavigate();
  const [token, setToken] = useState<string | null>(null);

  useEffect(() => {
    let held: string | null = null;
    const read = () => {
      held = takeLinkToken() ?? held;
      setToken(held);
    };
    read();
    window.addEventListener('hashchange', read); // the link opened in a tab that shows this page already
    // A link also makes the owner of a tenant that was made later; without one there is nothing to do here any more.
    getSetup().then((setup) => setup.needed || held !== null || navigate.replace('/'), () => {});
    return () => window.removeEventListener('hashchange', read);
  }, [navigate]);

  return token === null ? <NoToken /> : <SetupForm token={token} />;
}

function NoToken() {
  return (
    <EntryFrame title="First run" lead="This CodexOS has no administrator yet.">
      <p className="text-muted">
        Open the one-time administrator link. CodexOS printed it when it started; to see it again, run this where it is installed:
      </p>
      <Code className="mt-3" text="./run up" label="Command" copy />
      <p className="mt-3 text-muted">
        The link ends in <code className="num">/setup#token=…</code> and works once. It proves that you are the one who
        started this server.
      </p>
    </EntryFrame>
  );
}

function SetupForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const create = useMutation({
    mutationFn: () => createAdministrator({ token, email: email.trim(), displayName: displayName.trim(), password }),
    onSuccess: () => navigate.replace('/'),
  });
  const problems = fieldProblems(create.error);
  const problemOf = (name: string) => problems.find((each) => each.path.toLowerCase() === name)?.message ?? null;

  return (
    <EntryFrame title="Create the administrator" lead="The first account owns this CodexOS. It stays on this machine.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!create.isPending) create.mutate();
        }}
      >
        <EmailField value={email} error={problemOf('email')} onChange={(event) => setEmail(event.target.value)} />
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
        <NewPasswordField value={password} error={problemOf('password')} onChange={setPassword} />
        {create.error && (
          <Notice live tone="bad" title={messageOf(create.error)} code={create.error instanceof ApiError ? create.error.code : null} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={create.isPending}>Create and enter</Button>
      </form>
    </EntryFrame>
  );
}

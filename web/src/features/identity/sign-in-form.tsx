'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { finishSignIn, signIn } from '@/api/calls';
import { Failure } from '@/features/failure';
import { safeReturnPath, useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { OneTimeCodeField, PasswordField, TextField } from '@/ui/field';
import { EntryFrame } from './entry-frame';
import { openSession } from './open-session';

const returnPath = () => safeReturnPath(new URLSearchParams(window.location.search).get('next'));

/** The tenant that an invitation led to, for somebody who belongs to several. */
const wantedTenant = () => new URLSearchParams(window.location.search).get('tenant') ?? undefined;

export function SignInForm() {
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [challenge, setChallenge] = useState<string | null>(null);
  const enter = useMutation({
    mutationFn: () => signIn({ email: email.trim(), password, tenant: wantedTenant() }),
    onSuccess: (asked) => (asked ? setChallenge(asked.challenge) : navigate.replace(returnPath())),
  });

  // Somebody who is signed in already, or a server nobody has set up, has no business with this form.
  useEffect(() => {
    let gone = false;
    openSession().then(
      (entry) => {
        if (gone || entry === 'signIn') return;
        navigate.replace(entry === 'setup' ? '/setup' : returnPath());
      },
      () => {}, // unreachable: pressing the button will say so
    );
    return () => {
      gone = true;
    };
  }, [navigate]);

  if (challenge)
    return (
      <SecondStep
        challenge={challenge}
        onDone={() => navigate.replace(returnPath())}
        onStartOver={() => {
          setChallenge(null);
          setPassword('');
        }}
      />
    );

  return (
    <EntryFrame title="Sign in">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!enter.isPending) enter.mutate();
        }}
      >
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          maxLength={1024}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {enter.error && (
          <Failure error={enter.error} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={enter.isPending}>Sign in</Button>
      </form>
    </EntryFrame>
  );
}

function SecondStep({ challenge, onDone, onStartOver }: { challenge: string; onDone: () => void; onStartOver: () => void }) {
  const [code, setCode] = useState('');
  const finish = useMutation({ mutationFn: () => finishSignIn(challenge, code), onSuccess: onDone });

  return (
    <EntryFrame title="Second factor" lead="Your password is right. One more step.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!finish.isPending) finish.mutate();
        }}
      >
        <OneTimeCodeField value={code} onChange={(event) => setCode(event.target.value)} />
        {finish.error && (
          <Failure error={finish.error} />
        )}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={finish.isPending}>Continue</Button>
        <Button type="button" className="h-9 w-full" onClick={onStartOver}>Start over</Button>
      </form>
    </EntryFrame>
  );
}

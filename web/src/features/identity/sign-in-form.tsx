'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { finishSignIn, finishSignInWithPasskey, signIn, signInWithPasskey, startSso } from '@/api/calls';
import { session } from '@/api/session';
import { Failure } from '@/features/failure';
import { usePasskeyOffer } from '@/features/passkey-offer';
import { Link, safeReturnPath, useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { EmailField, OneTimeCodeField, PasswordField } from '@/ui/field';
import { EntryFrame } from './entry-frame';
import { openSession } from './open-session';
import { forgetSsoAnswer, takeSsoAnswer } from './sso-answer';

const returnPath = () => safeReturnPath(new URLSearchParams(window.location.search).get('next'));

/** The tenant that an invitation led to, for somebody who belongs to several. */
const wantedTenant = () => new URLSearchParams(window.location.search).get('tenant') ?? undefined;

/** The connection that a link of the tenant's leads to. */
const wantedConnection = () => new URLSearchParams(window.location.search).get('connection') ?? undefined;

export function SignInForm() {
  const navigate = useNavigate();
  const offer = usePasskeyOffer();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [challenge, setChallenge] = useState<string | null>(null);
  const enter = useMutation({
    mutationFn: () => signIn({ email: email.trim(), password, tenant: wantedTenant() }),
    onSuccess: (asked) => (asked ? setChallenge(asked.challenge) : navigate.replace(returnPath())),
  });
  const byPasskey = useMutation({
    mutationFn: () => signInWithPasskey(wantedTenant()),
    onMutate: () => enter.reset(),
    onSuccess: () => navigate.replace(returnPath()),
  });
  const [refusal, setRefusal] = useState<Error | null>(null);
  const atProvider = useMutation({
    mutationFn: () => startSso({ email: email.trim() || undefined, connection: wantedConnection(), returnTo: returnPath() }),
    onMutate: () => {
      forgetSsoAnswer();
      setRefusal(null);
    },
    onSuccess: ({ redirect }) => window.location.assign(redirect),
  });

  // Somebody who is signed in already, or a server nobody has set up, has no business with this form.
  useEffect(() => {
    let gone = false;
    const answer = takeSsoAnswer();
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the address bar is known in the browser only
    if (answer?.what === 'challenge') return setChallenge(answer.challenge);
    if (answer?.what === 'refused') return setRefusal(answer.error);
    const entered = answer?.what === 'done' ? session.refresh().then(() => openSession()) : openSession();
    entered.then(
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

  const failed = enter.error ?? byPasskey.error ?? atProvider.error ?? refusal;
  return (
    <EntryFrame title="Sign in">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          byPasskey.reset();
          if (!enter.isPending) enter.mutate();
        }}
      >
        <EmailField value={email} onChange={(event) => setEmail(event.target.value)} />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          maxLength={1024}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {failed && <Failure error={failed} />}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={enter.isPending}>Sign in</Button>
        {offer === 'yes' && (
          <Button type="button" className="h-9 w-full" busy={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
            Sign in with a passkey
          </Button>
        )}
        <Button
          type="button"
          className="h-9 w-full"
          busy={atProvider.isPending || atProvider.isSuccess}
          onClick={(event) => {
            const address = event.currentTarget.form?.querySelector<HTMLInputElement>('[name=email]');
            if (!wantedConnection() && !address?.reportValidity()) return;
            enter.reset();
            byPasskey.reset();
            atProvider.mutate();
          }}
        >
          Continue with single sign-on
        </Button>
        <p className="text-muted"><Link className="underline" href="/forgot-password">Forgotten your password?</Link></p>
      </form>
    </EntryFrame>
  );
}

function SecondStep({ challenge, onDone, onStartOver }: { challenge: string; onDone: () => void; onStartOver: () => void }) {
  const [code, setCode] = useState('');
  const offer = usePasskeyOffer();
  const finish = useMutation({ mutationFn: () => finishSignIn(challenge, code), onSuccess: onDone });
  const byPasskey = useMutation({
    mutationFn: () => finishSignInWithPasskey(challenge),
    onMutate: () => finish.reset(),
    onSuccess: onDone,
  });

  return (
    <EntryFrame title="Second factor" lead="So far it is right. One more step.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          byPasskey.reset();
          if (!finish.isPending) finish.mutate();
        }}
      >
        <OneTimeCodeField value={code} onChange={(event) => setCode(event.target.value)} />
        {(finish.error ?? byPasskey.error) && <Failure error={finish.error ?? byPasskey.error} />}
        <Button type="submit" tone="primary" className="h-9 w-full" busy={finish.isPending}>Continue</Button>
        {offer === 'yes' && (
          <Button type="button" className="h-9 w-full" busy={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
            Use a passkey instead
          </Button>
        )}
        <Button type="button" className="h-9 w-full" onClick={onStartOver}>Start over</Button>
      </form>
    </EntryFrame>
  );
}

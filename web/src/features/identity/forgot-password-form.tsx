'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { forgotPassword } from '@/api/calls';
import { Failure } from '@/features/failure';
import { Link } from '@/lib/nav';
import { Button } from '@/ui/button';
import { EmailField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { EntryFrame } from './entry-frame';

export function ForgotPassword() {
  const [email, setEmail] = useState('');
  const ask = useMutation({ mutationFn: () => forgotPassword(email.trim()) });

  return (
    <EntryFrame title="Forgotten password" lead="Have a link mailed to you to choose another.">
      {ask.isSuccess ? (
        <Notice live tone="info" title="Look into your mail">
          If {email.trim()} has an account with a password here, a link is on its way. It works once, for a short time. If your
          organisation signs you in, there is no password to choose.
        </Notice>
      ) : (
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (!ask.isPending) ask.mutate();
          }}
        >
          <EmailField value={email} onChange={(event) => setEmail(event.target.value)} />
          {ask.error && <Failure error={ask.error} />}
          <Button type="submit" tone="primary" className="h-9 w-full" busy={ask.isPending}>Mail me a link</Button>
        </form>
      )}
      <p className="mt-6 text-muted"><Link className="underline" href="/sign-in">Back to sign-in</Link></p>
    </EntryFrame>
  );
}

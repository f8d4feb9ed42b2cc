'use client';

import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { confirmPassword, stepUp, stepUpWithPasskey } from '@/api/calls';
import { secondFactorQuery } from '@/api/queries';
import { hasPasskeys } from '@/lib/webauthn';
import { Button } from '@/ui/button';
import { OneTimeCodeField, PasswordField } from '@/ui/field';
import { SkeletonRows } from '@/ui/notice';

interface StepUp {
  /** It is not known yet whether something has to be given. */
  isPending: boolean;
  /** Whether something has to be given. */
  asks: boolean;
  /** Gives it. A passkey is asked for by the browser at this moment. */
  give: () => Promise<void>;
  /** Where it is typed or chosen, for the form. */
  field: ReactNode;
}

/**
 * The second factor once more, for what asks for that: a code, or a passkey of who has one. With `orPassword` the password of
 * who has neither.
 */
export function useStepUp({ orPassword = false } = {}): StepUp {
  const factor = useQuery(secondFactorQuery());
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [chosen, choose] = useState<'code' | 'passkey' | null>(null);
  const hasCode = factor.data?.enabled ?? false;
  const hasPasskey = (factor.data?.passkeys ?? 0) > 0;
  const hasFactor = hasCode || hasPasskey;
  const byPassword = orPassword && !hasFactor && (factor.data?.passwordConfirms ?? false);
  const asks = hasFactor || byPassword;
  const way = chosen ?? (hasCode ? 'code' : 'passkey');
  const both = hasCode && hasPasskey && hasPasskeys();

  return {
    isPending: factor.isPending,
    asks,
    give: async () => {
      if (!asks) return;
      if (byPassword) await confirmPassword(password);
      else if (way === 'passkey') await stepUpWithPasskey();
      else await stepUp(code);
    },
    field: (
      <>
        {factor.isPending && <SkeletonRows rows={1} label="Loading the second factor" />}
        {byPassword && (
          <PasswordField
            label="Your password"
            name="password"
            autoComplete="current-password"
            required
            maxLength={128}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {hasFactor && way === 'code' && <OneTimeCodeField value={code} onChange={(event) => setCode(event.target.value)} />}
        {hasFactor && way === 'passkey' && <p className="text-muted">Your browser asks you for one of your passkeys.</p>}
        {both && (
          <Button tone="quiet" onClick={() => choose(way === 'code' ? 'passkey' : 'code')}>
            {way === 'code' ? 'Use a passkey instead' : 'Use a code instead'}
          </Button>
        )}
      </>
    ),
  };
}

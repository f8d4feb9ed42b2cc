'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { beginTotp, confirmTotp, removeSecondFactor, renewRecoveryCodes, stepUpWithPasskey } from '@/api/calls';
import { keys, secondFactorQuery } from '@/api/queries';
import type { TotpSetup } from '@/api/types';
import { Failure } from '@/features/failure';
import { useStepUp } from '@/features/step-up';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { OneTimeCodeField, PasswordField } from '@/ui/field';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';

type Step = { at: 'rest' } | { at: 'password' } | { at: 'scan'; setup: TotpSetup } | { at: 'confirm'; then: 'remove' | 'renew' };

/** Sets up, renews and removes one's own second factor. */
export function SecondFactor() {
  const client = useQueryClient();
  const status = useQuery(secondFactorQuery());
  const [step, setStep] = useState<Step>({ at: 'rest' });
  const [codes, setCodes] = useState<string[] | null>(null);

  const finish = (fresh: string[] | null) => {
    setCodes(fresh);
    setStep({ at: 'rest' });
    void client.invalidateQueries({ queryKey: keys.secondFactor });
    void client.invalidateQueries({ queryKey: keys.me });
  };

  return (
    <Panel title="Second factor">
      {status.isPending && <SkeletonRows rows={2} label="Loading the second factor" />}
      {status.error && !status.data && <Failure error={status.error} className="m-3" />}
      {status.data && (
        <div className="space-y-4 px-4 py-3">
          {status.data.required && !status.data.givenInSession && (
            <Notice tone="warn" title="Your tenant asks for a second factor before you can do anything else." />
          )}
          <p className="text-muted">
            {status.data.enabled
              ? `Set up. ${status.data.recoveryCodesLeft} of your recovery codes are left.`
              : 'Not set up. With one, your password alone lets nobody in.'}
          </p>
          {codes && <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />}
          {step.at === 'rest' && !codes && (
            <div className="flex flex-wrap gap-2">
              {status.data.enabled ? (
                <>
                  <Button onClick={() => setStep({ at: 'confirm', then: 'renew' })}>New recovery codes</Button>
                  <Button tone="danger" onClick={() => setStep({ at: 'confirm', then: 'remove' })}>Remove</Button>
                </>
              ) : (
                <Button tone="primary" onClick={() => setStep({ at: 'password' })}>Set up</Button>
              )}
            </div>
          )}
          {step.at === 'password' && (
            <PasswordStep hasPasskey={status.data.passkeys > 0} onDone={(setup) => setStep({ at: 'scan', setup })} onCancel={() => setStep({ at: 'rest' })} />
          )}
          {step.at === 'scan' && <ScanStep setup={step.setup} onDone={finish} onCancel={() => setStep({ at: 'rest' })} />}
          {step.at === 'confirm' && <ConfirmStep then={step.then} onDone={finish} onCancel={() => setStep({ at: 'rest' })} />}
        </div>
      )}
    </Panel>
  );
}

interface StepProps<T> {
  onDone: (result: T) => void;
  onCancel: () => void;
}

function PasswordStep({ hasPasskey, onDone, onCancel }: StepProps<TotpSetup> & { hasPasskey: boolean }) {
  const [password, setPassword] = useState('');
  const begin = useMutation({
    mutationFn: async () => {
      if (hasPasskey) await stepUpWithPasskey();
      return beginTotp(password);
    },
    onSuccess: onDone,
  });
  return (
    <StepForm action="Continue" busy={begin.isPending} error={begin.error} onSubmit={() => begin.mutate()} onCancel={onCancel}>
      <PasswordField
        label="Your password"
        name="password"
        autoComplete="current-password"
        required
        maxLength={1024}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {hasPasskey && <p className="text-muted">Your browser then asks you for one of your passkeys.</p>}
    </StepForm>
  );
}

function ScanStep({ setup, onDone, onCancel }: StepProps<string[]> & { setup: TotpSetup }) {
  const [code, setCode] = useState('');
  const confirm = useMutation({ mutationFn: () => confirmTotp(code.trim()), onSuccess: (made) => onDone(made.codes) });
  return (
    <StepForm action="Confirm" busy={confirm.isPending} error={confirm.error} onSubmit={() => confirm.mutate()} onCancel={onCancel}>
      <p className="text-muted">Scan this with your authenticator app, or type the key into it. Then give the code that it shows.</p>
      {/* A picture of our own server in the page itself: nothing is fetched, and nothing in it can run. */}
      {/* eslint-disable-next-line @next/next/no-img-element */}
      <img
        alt="QR code for your authenticator app; the key below says the same"
        src={`data:image/svg+xml;base64,${btoa(setup.qrSvg)}`}
        width={180}
        height={180}
        className="rounded-sm bg-white p-2"
      />
      <Code text={setup.secret} label="Key" copy />
      <OneTimeCodeField hint={null} maxLength={16} value={code} onChange={(event) => setCode(event.target.value)} />
    </StepForm>
  );
}

function ConfirmStep({ then, onDone, onCancel }: StepProps<string[] | null> & { then: 'remove' | 'renew' }) {
  const factor = useStepUp();
  const confirm = useMutation({
    mutationFn: async () => {
      await factor.give();
      if (then === 'renew') return (await renewRecoveryCodes()).codes;
      await removeSecondFactor();
      return null;
    },
    onSuccess: onDone,
  });
  return (
    <StepForm
      action={then === 'renew' ? 'Make new codes' : 'Remove'}
      busy={confirm.isPending}
      error={confirm.error}
      onSubmit={() => confirm.mutate()}
      onCancel={onCancel}
    >
      {factor.field}
    </StepForm>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <div className="space-y-3">
      <Notice live tone="warn" title="Keep these recovery codes where nobody finds them.">
        Each works once, for when your authenticator is lost. They are not shown again.
      </Notice>
      <Code text={codes.join('\n')} label="Recovery codes" copy />
      <Button onClick={onDone}>I have kept them</Button>
    </div>
  );
}

interface StepFormProps {
  action: string;
  busy: boolean;
  error: Error | null;
  onSubmit: () => void;
  onCancel: () => void;
  children: ReactNode;
}

function StepForm({ action, busy, error, onSubmit, onCancel, children }: StepFormProps) {
  return (
    <form
      className="max-w-[380px] space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSubmit();
      }}
    >
      {children}
      {error && <Failure error={error} />}
      <div className="flex gap-2">
        <Button type="submit" tone="primary" busy={busy}>{action}</Button>
        <Button tone="quiet" onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}

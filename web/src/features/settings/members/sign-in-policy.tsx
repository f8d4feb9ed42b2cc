'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { setSignInPolicy } from '@/api/settings-calls';
import { settingsKeys, signInPolicyQuery } from '@/api/settings-queries';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { Panel } from '@/ui/panel';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

/** Whether the tenant asks its members for a second factor. */
export function SignInPolicy() {
  const mayRead = useCan('security:read');
  const mayWrite = useCan('security:write');
  const policy = useQuery({ ...signInPolicyQuery(), enabled: mayRead });
  const [asking, setAsking] = useState(false);
  if (!mayRead) return null;
  const required = policy.data?.secondFactorRequired ?? false;
  return (
    <Panel title="Sign-in">
      {policy.error && <Failure error={policy.error} className="m-3" />}
      {policy.data && (
        <div className="flex flex-wrap items-center gap-3 px-4 py-3">
          <p className="min-w-0 flex-1 basis-60 text-muted">
            {required
              ? 'Members need a second factor. A session without one can do nothing but set it up.'
              : 'A second factor is up to each member. One that is set up is always asked for.'}
          </p>
          {mayWrite && (
            <Button onClick={() => setAsking(true)}>{required ? 'Leave it to members' : 'Require a second factor'}</Button>
          )}
        </div>
      )}
      {asking && <ChangePolicy required={!required} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function ChangePolicy({ required, onClose }: { required: boolean; onClose: () => void }) {
  const change = useChange({
    ask: () => setSignInPolicy(required),
    stale: [settingsKeys.signInPolicy],
    done: required ? 'Members need a second factor from now on.' : 'A second factor is up to each member now.',
    onDone: onClose,
  });
  return (
    <FormDialog
      title={required ? 'Require a second factor of everybody?' : 'Leave the second factor to members?'}
      action={required ? 'Require it' : 'Leave it to them'}
      tone="danger"
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        {required
          ? 'It counts from everybody’s next request on: whoever gave no second factor in their session sets one up, or signs in again with it. API keys go on working.'
          : 'Whoever has set one up is still asked for it. Nobody else is.'}
      </p>
    </FormDialog>
  );
}

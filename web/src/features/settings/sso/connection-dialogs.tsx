'use client';

import { useQuery } from '@tanstack/react-query';
import { deleteSsoConnection } from '@/api/settings-calls';
import { settingsKeys, ssoTestQuery } from '@/api/settings-queries';
import type { SsoConnection } from '@/api/types';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { SkeletonRows } from '@/ui/notice';
import { Tag } from '@/ui/status';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

interface DialogProps {
  connection: SsoConnection;
  onClose: () => void;
}

const tones = { ok: 'accent', warning: 'plain', failed: 'warn' } as const;

export function TestConnection({ connection, onClose }: DialogProps) {
  const test = useQuery(ssoTestQuery(connection.id));
  return (
    <Dialog open onClose={onClose} title={`Test of ${connection.name}`} footer={<Button tone="primary" onClick={onClose}>Close</Button>}>
      <div className="space-y-3 p-4">
        {test.isPending && <SkeletonRows label="Asking the provider" rows={3} />}
        {test.error && <Failure error={test.error} onRetry={() => void test.refetch()} />}
        {test.data && (
          <>
            <p>{test.data.works ? 'People can sign in, as far as this shows.' : 'Nobody can sign in through it yet.'}</p>
            <ul className="space-y-2">
              {test.data.checks.map((check) => (
                <li key={check.name}>
                  <Tag tone={tones[check.outcome]}>{check.name}</Tag> <span className="text-muted">{check.message}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}

export function DeleteConnection({ connection, onClose }: DialogProps) {
  const change = useChange({
    ask: () => deleteSsoConnection(connection.id),
    stale: [settingsKeys.ssoConnections],
    done: `${connection.name} is deleted.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Delete ${connection.name}?`} action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">
        Its domains go with it, and the sessions that came by it end with their next request. Accounts stay; who has no
        password gets in no more.
      </p>
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endOtherSessions, endSession } from '@/api/settings-calls';
import { sessionsQuery, settingsKeys } from '@/api/settings-queries';
import type { SessionSummary } from '@/api/types';
import { Failure } from '@/features/failure';
import { clientName } from '@/lib/client-name';
import { plural } from '@/lib/format';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Table, type Column } from '@/ui/table';
import { Ago, Left } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { useStepUp } from '@/features/step-up';
import { SettingsPage } from '../parts/settings-page';
import { Applications } from './applications';

const columns: Column<SessionSummary>[] = [
  {
    title: 'Where',
    cell: (session) => (
      <span className="flex flex-wrap items-center gap-2" title={session.client}>
        <span className="font-medium">{clientName(session.client)}</span>
        {session.current && <Tag tone="accent">this one</Tag>}
        {session.singleSignOn && <Tag>by {session.singleSignOn}</Tag>}
      </span>
    ),
  },
  { title: 'Signed in', cell: (session) => <Ago at={session.createdAt} /> },
  { title: 'Last used', cell: (session) => <Ago at={session.lastUsedAt} /> },
  { title: 'Ends', cell: (session) => <Left until={session.expiresAt} /> },
];

export function Sessions() {
  const sessions = useQuery(sessionsQuery());
  const [ending, setEnding] = useState<SessionSummary | 'others' | null>(null);
  const others = sessions.data?.filter((session) => !session.current).length ?? 0;
  return (
    <SettingsPage
      actions={others > 0 && <Button tone="danger" onClick={() => setEnding('others')}>End all others</Button>}
    >
      {sessions.error && !sessions.data ? (
        <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <Panel>
          {sessions.isPending && <SkeletonRows rows={2} label="Loading sessions" />}
          {sessions.data && (
            <Table
              label="Sessions"
              columns={columns}
              items={sessions.data}
              keyOf={(session) => session.id}
              actions={(session) => !session.current && <Button tone="quiet" onClick={() => setEnding(session)}>End</Button>}
            />
          )}
        </Panel>
      )}
      <Applications />
      {ending && <EndSessions which={ending} count={others} onClose={() => setEnding(null)} />}
    </SettingsPage>
  );
}

interface EndSessionsProps {
  which: SessionSummary | 'others';
  /** How many others there are. */
  count: number;
  onClose: () => void;
}

/** Whoever holds a session of somebody cannot end their others with it: the server asks once more who it is. */
function EndSessions({ which, count, onClose }: EndSessionsProps) {
  const what = which === 'others' ? plural(count, 'session') : clientName(which.client);
  const proof = useStepUp({ orPassword: true });
  const end = useChange({
    ask: async () => {
      await proof.give();
      await (which === 'others' ? endOtherSessions() : endSession(which.id));
    },
    stale: [settingsKeys.sessions],
    done: `Ended: ${what}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`End ${what}?`} action="End" tone="danger" cancel="Keep" change={end} disabled={proof.isPending} onClose={onClose}>
      <p className="text-muted">
        Whoever uses it is signed out with the next request, and needs the password to come back. Runs go on.
      </p>
      {proof.field}
    </FormDialog>
  );
}

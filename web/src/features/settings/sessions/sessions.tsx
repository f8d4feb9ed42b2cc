'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endSession } from '@/api/settings-calls';
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
  const [ending, setEnding] = useState<SessionSummary[] | null>(null);
  const others = sessions.data?.filter((session) => !session.current) ?? [];
  return (
    <SettingsPage
      actions={others.length > 0 && <Button tone="danger" onClick={() => setEnding(others)}>End all others</Button>}
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
              actions={(session) => !session.current && <Button tone="quiet" onClick={() => setEnding([session])}>End</Button>}
            />
          )}
        </Panel>
      )}
      <Applications />
      {ending && <EndSessions sessions={ending} onClose={() => setEnding(null)} />}
    </SettingsPage>
  );
}

function EndSessions({ sessions, onClose }: { sessions: SessionSummary[]; onClose: () => void }) {
  const what = sessions.length === 1 && sessions[0] ? clientName(sessions[0].client) : plural(sessions.length, 'session');
  const end = useChange({
    ask: async () => {
      for (const session of sessions) await endSession(session.id);
    },
    stale: [settingsKeys.sessions],
    done: `Ended: ${what}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`End ${what}?`} action="End" tone="danger" cancel="Keep" change={end} onClose={onClose}>
      <p className="text-muted">
        Whoever uses it is signed out with the next request, and needs the password to come back. Runs go on.
      </p>
    </FormDialog>
  );
}

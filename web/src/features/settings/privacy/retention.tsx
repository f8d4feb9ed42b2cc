'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { setRetention } from '@/api/settings-calls';
import { retentionQuery, settingsKeys } from '@/api/settings-queries';
import type { RetentionState } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Table, type Column } from '@/ui/table';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

const keptFor = (days: number | null) => (days === null ? 'for good' : plural(days, 'day'));

const columns: Column<RetentionState>[] = [
  {
    title: 'Data',
    cell: (state) => (
      <>
        <span className="num text-12 font-medium">{state.kind}</span>
        <span className="block text-12 text-muted">{state.summary}</span>
      </>
    ),
  },
  { title: 'Kept', cell: (state) => <span className="num whitespace-nowrap">{keptFor(state.days)}</span> },
  { title: 'Set by', cell: (state) => (state.isSet ? <span className="whitespace-nowrap">this tenant</span> : <span className="text-muted">the server</span>) },
];

/** How long each kind of data is kept. */
export function Retention() {
  const retention = useQuery(retentionQuery());
  const mayWrite = useCan('retention:write');
  const [setting, setSetting] = useState<RetentionState | null>(null);
  if (retention.error && !retention.data) return <Failure error={retention.error} onRetry={() => void retention.refetch()} />;
  return (
    <Panel title="Retention">
      {!retention.data && <SkeletonRows rows={4} label="Loading retention" />}
      {retention.data && (
        <Table
          label="Retention"
          columns={columns}
          items={retention.data}
          keyOf={(state) => state.kind}
          actions={mayWrite ? (state) => (
            <Button tone="quiet" aria-label={`Set how long ${state.kind} are kept`} onClick={() => setSetting(state)}>Set</Button>
          ) : undefined}
        />
      )}
      {setting && <SetRetention state={setting} onClose={() => setSetting(null)} />}
    </Panel>
  );
}

function SetRetention({ state, onClose }: { state: RetentionState; onClose: () => void }) {
  const [days, setDays] = useState(state.isSet && state.days !== null ? String(state.days) : '');
  const change = useChange({
    ask: () => setRetention(state.kind, days === '' ? null : Number(days)),
    stale: [settingsKeys.retention],
    done: `How long ${state.kind} are kept is set.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`How long ${state.kind} are kept`} action="Set" change={change} onClose={onClose}>
      <TextField
        label="Days"
        type="number"
        min={state.daysLeast}
        max={state.daysMost}
        step={1}
        className="num"
        value={days}
        placeholder={keptFor(state.defaultDays)}
        hint={`From ${state.daysLeast} to ${state.daysMost}. Empty leaves it to the server: ${keptFor(state.defaultDays)}.`}
        onChange={(event) => setDays(event.target.value)}
      />
      <p className="text-12 text-faint">{state.summary} What is older goes with the next daily sweep, but for what is on hold.</p>
    </FormDialog>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { liftHold, placeHold } from '@/api/settings-calls';
import { holdsQuery, settingsKeys } from '@/api/settings-queries';
import type { HoldKind, LegalHold } from '@/api/types';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { Person } from './person';
import { PersonField } from './person-field';

const kinds: Record<HoldKind, string> = { subject: 'A person, with their runs', run: 'One run', tenant: 'Everything of this tenant' };
const stale = [settingsKeys.holds];

const columns: Column<LegalHold>[] = [
  { title: 'On', cell: (hold) => <OnWhat hold={hold} /> },
  { title: 'Reason', cell: (hold) => <span className="wrap-anywhere">{hold.reason}</span> },
  { title: 'Placed', cell: (hold) => <Ago at={hold.placedAt} /> },
  { title: 'State', cell: (hold) => (hold.liftedAt ? <Tag>lifted</Tag> : <Tag tone="accent">in force</Tag>) },
];

/** What must not be erased or removed. */
export function Holds() {
  const holds = useInfiniteQuery(holdsQuery());
  const mayWrite = useCan('holds:write');
  const [placing, setPlacing] = useState(false);
  const [lifting, setLifting] = useState<LegalHold | null>(null);
  return (
    <>
      <ListPanel
        label="legal holds"
        title="Legal holds"
        aside={mayWrite && <Button tone="quiet" onClick={() => setPlacing(true)}>Place a hold</Button>}
        list={holds}
        columns={columns}
        keyOf={(hold) => hold.id}
        actions={mayWrite ? (hold) => hold.liftedAt === null && (
          <Button tone="quiet" aria-label={`Lift the hold for ${hold.reason}`} onClick={() => setLifting(hold)}>Lift</Button>
        ) : undefined}
        empty={<Empty title="Nothing is on hold">What is on hold is neither erased nor removed because of its age, until the hold is lifted.</Empty>}
      />
      {placing && <PlaceHold onClose={() => setPlacing(false)} />}
      {lifting && <LiftHold hold={lifting} onClose={() => setLifting(null)} />}
    </>
  );
}

function OnWhat({ hold }: { hold: LegalHold }) {
  if (hold.kind === 'subject') return <Person id={hold.target!} />;
  return hold.kind === 'run' ? <span className="num text-12 break-all">{hold.target}</span> : <span className="font-medium">the whole tenant</span>;
}

function PlaceHold({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<HoldKind>('subject');
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const change = useChange({
    ask: () => placeHold({ kind, target: kind === 'tenant' ? null : target, reason: reason.trim() }),
    stale,
    done: 'The hold is in force.',
    onDone: onClose,
  });
  return (
    <FormDialog title="Place a legal hold" action="Place hold" change={change} onClose={onClose}>
      <SelectField
        label="On what"
        required
        value={kind}
        onChange={(event) => {
          setKind(event.target.value as HoldKind);
          setTarget('');
        }}
        options={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
      />
      {kind === 'subject' && <PersonField value={target} onChange={setTarget} />}
      {kind === 'run' && (
        <TextField
          label="Run"
          required
          autoComplete="off"
          pattern="run_[0-9a-f]{32}"
          className="num"
          value={target}
          hint="Its id, run_…"
          onChange={(event) => setTarget(event.target.value.trim())}
        />
      )}
      <TextField
        label="Reason"
        required
        maxLength={500}
        value={reason}
        hint="For instance the number of a case. It stays on the list."
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}

function LiftHold({ hold, onClose }: { hold: LegalHold; onClose: () => void }) {
  const change = useChange({ ask: () => liftHold(hold.id), stale, done: 'The hold is lifted.', onDone: onClose });
  return (
    <FormDialog title="Lift this hold?" action="Lift hold" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">
        What was kept for “{hold.reason}” can be erased from then on, and what is too old goes with the next daily sweep. The hold stays on
        the list.
      </p>
    </FormDialog>
  );
}

'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useCan } from '@/api/permissions';
import { agentsQuery, meQuery } from '@/api/queries';
import { createGrant, deleteGrant } from '@/api/settings-calls';
import { grantsQuery, permissionsQuery, settingsKeys } from '@/api/settings-queries';
import type { Grant } from '@/api/types';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { useSubjects } from '../parts/subjects';

const columns: Column<Grant>[] = [
  { title: 'Who', cell: (grant) => <span className="font-medium">{grant.subjectName}</span> },
  { title: 'May', cell: (grant) => <span className="num text-12">{grant.permission}</span> },
  { title: 'On', cell: (grant) => <span className="num text-12">{grant.resource}</span> },
  { title: 'Granted', cell: (grant) => <Ago at={grant.createdAt} /> },
];
const stale = [settingsKeys.grants, settingsKeys.holders];

export function Grants() {
  const grants = useInfiniteQuery(grantsQuery());
  const mayWrite = useCan('access:write');
  const [granting, setGranting] = useState(false);
  const [taking, setTaking] = useState<Grant | null>(null);
  const grantButton = mayWrite && <Button tone="quiet" onClick={() => setGranting(true)}>Grant</Button>;
  return (
    <>
      <ListPanel
        label="grants"
        title="Granted on single things"
        aside={grantButton}
        list={grants}
        columns={columns}
        keyOf={(grant) => grant.id}
        actions={mayWrite ? (grant) => <Button tone="quiet" onClick={() => setTaking(grant)}>Take back</Button> : undefined}
        empty={<Empty title="Nothing was granted">A grant gives somebody one permission on one thing, beyond their role.</Empty>}
      />
      {granting && <NewGrant onClose={() => setGranting(false)} />}
      {taking && <TakeBack grant={taking} onClose={() => setTaking(null)} />}
    </>
  );
}

function NewGrant({ onClose }: { onClose: () => void }) {
  const subjects = useSubjects();
  const agents = useQuery(agentsQuery());
  const table = useQuery(permissionsQuery());
  const held = useQuery(meQuery()).data?.permissions ?? [];
  const grantable = (table.data ?? []).filter((entry) => entry.resourceKind !== null && held.includes(entry.permission));
  const [subject, setSubject] = useState('');
  const [permission, setPermission] = useState('');
  const [name, setName] = useState('');
  const names = useId();
  const kind = grantable.find((entry) => entry.permission === permission)?.resourceKind ?? 'agent';
  const change = useChange({
    ask: () => createGrant({ subject, permission, resource: `${kind}:${name.trim()}` }),
    stale,
    done: 'Granted. It counts from their next request on.',
    onDone: onClose,
  });
  return (
    <FormDialog title="Grant a permission on one thing" action="Grant" change={change} onClose={onClose}>
      <SelectField
        label="To whom"
        required
        value={subject}
        onChange={(event) => setSubject(event.target.value)}
        options={[{ value: '', label: 'Choose somebody', disabled: true }, ...subjects.map(({ id, label }) => ({ value: id, label }))]}
      />
      <SelectField
        label="Permission"
        required
        value={permission}
        hint={grantable.find((entry) => entry.permission === permission)?.meaning}
        onChange={(event) => setPermission(event.target.value)}
        options={[
          { value: '', label: 'Choose what they may', disabled: true },
          ...grantable.map((entry) => ({ value: entry.permission, label: entry.permission })),
        ]}
      />
      <TextField
        label={kind === 'workspace' ? 'On the workspace, by its id' : `On the ${kind}, by its name`}
        required
        maxLength={200}
        list={kind === 'agent' ? names : undefined}
        value={name}
        hint="It need not be there yet."
        onChange={(event) => setName(event.target.value)}
      />
      <datalist id={names}>{(agents.data ?? []).map((agent) => <option key={agent.id} value={agent.name} />)}</datalist>
    </FormDialog>
  );
}

function TakeBack({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const change = useChange({ ask: () => deleteGrant(grant.id), stale, done: 'Taken back.', onDone: onClose });
  return (
    <FormDialog title={`Take ${grant.permission} on ${grant.resource} back?`} action="Take back" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">{grant.subjectName} loses it with the next request, unless their role holds it too.</p>
    </FormDialog>
  );
}

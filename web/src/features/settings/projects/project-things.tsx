'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useCanInProject } from '@/api/permissions';
import { agentsQuery } from '@/api/queries';
import { putProjectThing, takeProjectThing } from '@/api/settings-calls';
import { projectThingsQuery, settingsKeys } from '@/api/settings-queries';
import type { ProjectThing } from '@/api/types';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';

const columns: Column<ProjectThing>[] = [
  { title: 'Thing', cell: (thing) => <span className="num text-12 break-all">{thing.name}</span> },
  { title: 'Kind', cell: (thing) => <Tag>{thing.kind}</Tag> },
  { title: 'Since', cell: (thing) => <Ago at={thing.since} /> },
];
const kinds = ['agent', 'knowledge', 'connection', 'workspace'];
const stale = [settingsKeys.projects, settingsKeys.holders];

export function ProjectThings({ name }: { name: string }) {
  const things = useInfiniteQuery(projectThingsQuery(name));
  const mayWrite = useCanInProject('projects:write', name);
  const [putting, setPutting] = useState(false);
  const [taking, setTaking] = useState<ProjectThing | null>(null);
  return (
    <>
      <ListPanel
        label="things of the project"
        title="Things"
        aside={mayWrite && <Button tone="quiet" onClick={() => setPutting(true)}>Put something in</Button>}
        list={things}
        columns={columns}
        keyOf={(thing) => thing.thing}
        actions={mayWrite
          ? (thing) => <Button tone="quiet" aria-label={`Take out ${thing.thing}`} onClick={() => setTaking(thing)}>Take out</Button>
          : undefined}
        empty={<Empty title="Nothing lies in it">Put in what its members are to work with. A thing lies in one project at most.</Empty>}
      />
      {putting && <PutThing name={name} onClose={() => setPutting(false)} />}
      {taking && <TakeThing name={name} thing={taking} onClose={() => setTaking(null)} />}
    </>
  );
}

function PutThing({ name, onClose }: { name: string; onClose: () => void }) {
  const agents = useQuery(agentsQuery());
  const [kind, setKind] = useState('agent');
  const [thing, setThing] = useState('');
  const names = useId();
  const change = useChange({
    ask: () => putProjectThing(name, `${kind}:${thing.trim()}`),
    stale,
    done: `${thing.trim()} lies in ${name} now.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Put something into ${name}`} action="Put in" change={change} onClose={onClose}>
      <SelectField
        label="Kind"
        required
        value={kind}
        onChange={(event) => setKind(event.target.value)}
        options={kinds.map((each) => ({ value: each, label: each }))}
      />
      <TextField
        label={kind === 'workspace' ? 'Its id' : 'Its name'}
        required
        maxLength={200}
        list={kind === 'agent' ? names : undefined}
        value={thing}
        hint="The members may then do with it what their roles here say."
        onChange={(event) => setThing(event.target.value)}
      />
      <datalist id={names}>{(agents.data ?? []).map((agent) => <option key={agent.id} value={agent.name} />)}</datalist>
    </FormDialog>
  );
}

function TakeThing({ name, thing, onClose }: { name: string; thing: ProjectThing; onClose: () => void }) {
  const change = useChange({
    ask: () => takeProjectThing(name, thing.thing),
    stale,
    done: `${thing.name} is out of ${name}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Take ${thing.thing} out of ${name}?`} action="Take out" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">It stays as it is. Members who reach it only through the project lose it with the next request.</p>
    </FormDialog>
  );
}

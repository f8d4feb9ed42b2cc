'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { holdersQuery, permissionsQuery } from '@/api/settings-queries';
import type { AccessHolder } from '@/api/types';
import { useUrlState } from '@/lib/nav';
import { SelectField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { ListPanel } from '@/features/list-panel';
import { SearchField } from '../parts/search-field';

const columns: Column<AccessHolder>[] = [
  {
    title: 'Who',
    cell: (holder) => (
      <span className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{holder.name}</span>
        {holder.kind === 'serviceAccount' && <Tag>service account</Tag>}
      </span>
    ),
  },
  { title: 'Role', cell: (holder) => <Tag>{holder.role}</Tag> },
  {
    title: 'How',
    cell: (holder) => (
      <ul>
        {holder.byRole && <li>by their role, with everything</li>}
        {holder.byGrants.map((grant) => <li key={grant.id}>by a grant, with <span className="num text-12">{grant.resource}</span></li>)}
        {holder.byProjects.map(({ project, role }) => (
          <li key={project}>as {role} of the project {project}, with its things</li>
        ))}
      </ul>
    ),
  },
];

/** Answers who can do something. The question is in the address. */
export function WhoCan() {
  const url = useUrlState();
  const table = useQuery(permissionsQuery());
  const permission = url.get('may') ?? 'runs:start';
  const entry = table.data?.find((each) => each.permission === permission);
  const resource = entry?.resourceKind ? (url.get('on') ?? '') : '';
  const holders = useInfiniteQuery({ ...holdersQuery(permission, resource), enabled: table.isSuccess });
  return (
    <>
      <Panel title="Who can do what" bodyClassName="grid gap-3 p-4 sm:grid-cols-2">
        <SelectField
          label="Who may"
          value={permission}
          hint={entry?.meaning}
          onChange={(event) => url.set({ may: event.target.value, on: null })}
          options={(table.data ?? []).map((each) => ({ value: each.permission, label: each.permission }))}
        />
        {entry?.resourceKind && (
          <SearchField
            label={`On which ${entry.resourceKind} (optional), as ${entry.resourceKind}:name`}
            showLabel
            value={resource}
            onSearch={(text) => url.set({ on: text || null })}
          />
        )}
      </Panel>
      <ListPanel
        label="who can do it"
        list={holders}
        columns={columns}
        keyOf={(holder) => holder.subject}
        empty={<Empty title="Nobody may">No role that somebody has holds this permission, and it was granted to nobody.</Empty>}
      />
    </>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCanForTenant } from '@/api/permissions';
import { createProject } from '@/api/settings-calls';
import { projectsQuery, settingsKeys } from '@/api/settings-queries';
import type { Project } from '@/api/types';
import { Link, useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Empty } from '@/ui/notice';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { NameField } from '../parts/name-field';
import { SettingsPage } from '../parts/settings-page';

const columns: Column<Project>[] = [
  {
    title: 'Project',
    cell: (project) => (
      <>
        <Link href={`/settings/projects/${encodeURIComponent(project.name)}`} className="font-medium text-accent hover:underline">{project.name}</Link>
        {project.title && <span className="block text-12 text-muted">{project.title}</span>}
      </>
    ),
  },
  { title: 'Members', cell: (project) => <span className="num">{project.membersCount}</span> },
  { title: 'Things', cell: (project) => <span className="num">{project.thingsCount}</span> },
  { title: 'Made', cell: (project) => <Ago at={project.createdAt} /> },
];

export function Projects() {
  const projects = useInfiniteQuery(projectsQuery());
  const mayMake = useCanForTenant('projects:write');
  const [making, setMaking] = useState(false);
  const newButton = mayMake && <Button tone="primary" onClick={() => setMaking(true)}>New project</Button>;
  return (
    <SettingsPage actions={newButton}>
      <ListPanel
        label="projects"
        list={projects}
        columns={columns}
        keyOf={(project) => project.name}
        empty={
          <Empty title="No projects">
            A project lets some people work with some agents, knowledge bases, connections and workspaces, and with nothing else.
          </Empty>
        }
      />
      {making && <NewProject onClose={() => setMaking(false)} />}
    </SettingsPage>
  );
}

function NewProject({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const change = useChange({
    ask: () => createProject({ name: name.trim(), title: title.trim() }),
    stale: [settingsKeys.projects],
    done: `${name.trim()} is there. It needs members and things.`,
    onDone: (project) => navigate.go(`/settings/projects/${encodeURIComponent(project.name)}`),
  });
  return (
    <FormDialog title="New project" action="Create" change={change} onClose={onClose}>
      <NameField value={name} onChange={setName} />
      <TextField
        label="What it is about (optional)"
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
    </FormDialog>
  );
}

'use client';

import { useState } from 'react';
import { deleteProject, updateProject } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { Project } from '@/api/types';
import { useNavigate } from '@/lib/nav';
import { TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

interface DialogProps {
  project: Project;
  onClose: () => void;
}

export function EditProject({ project, onClose }: DialogProps) {
  const [title, setTitle] = useState(project.title);
  const change = useChange({
    ask: () => updateProject(project.name, { title: title.trim() }),
    stale: [settingsKeys.projects],
    done: `${project.name} is changed.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Edit ${project.name}`} action="Save changes" change={change} onClose={onClose}>
      <TextField label="What it is about" maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} />
    </FormDialog>
  );
}

export function DeleteProject({ project, onClose }: DialogProps) {
  const navigate = useNavigate();
  const change = useChange({
    ask: () => deleteProject(project.name),
    stale: [[...settingsKeys.projects, 'list'], settingsKeys.holders],
    done: `${project.name} is deleted.`,
    onDone: () => navigate.replace('/settings/projects'),
  });
  return (
    <FormDialog title={`Delete ${project.name}?`} action="Delete" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">
        Its things stay. Whoever reaches them only through the project does not reach them any more, from the next request on.
      </p>
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { meQuery } from '@/api/queries';
import { projectChoicesQuery } from '@/api/settings-queries';
import { projectsToMakeIn } from '@/lib/held';
import { SelectField } from '@/ui/field';

interface ProjectChoice {
  /** The project in which to make it; null for none. */
  project: string | null;
  choices: string[];
  /** Whether it can be made outside of projects too. */
  optional: boolean;
  choose: (project: string) => void;
}

/** Where the caller may make something that takes a permission: in which projects that they see, and whether outside of them. */
export function useProjectChoice(permission: string): ProjectChoice {
  const me = useQuery(meQuery()).data;
  const seen = useQuery({ ...projectChoicesQuery(), enabled: useCan('projects:read') }).data;
  const choices = me ? projectsToMakeIn(me, permission, (seen ?? me.projects).map((project) => project.name)) : [];
  const optional = me?.permissions.includes(permission) ?? false;
  const [chosen, choose] = useState('');
  return { project: chosen || (optional ? null : (choices[0] ?? null)), choices, optional, choose };
}

/** The project to make something in, for whom sees one; the others are not asked. */
export function ProjectField({ choice }: { choice: ProjectChoice }) {
  if (choice.choices.length === 0) return null;
  return (
    <SelectField
      label="Project"
      value={choice.project ?? ''}
      hint="The members of the project may use it as their roles there say."
      onChange={(event) => choice.choose(event.target.value)}
      options={[
        ...(choice.optional ? [{ value: '', label: 'None' }] : []),
        ...choice.choices.map((name) => ({ value: name, label: name })),
      ]}
    />
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCanInProject } from '@/api/permissions';
import { projectQuery } from '@/api/settings-queries';
import type { Project as ProjectOf } from '@/api/types';
import { Failure } from '@/features/failure';
import { usePathTail } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { ActionMenu } from '@/ui/menu';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { SettingsPage } from '../parts/settings-page';
import { DeleteProject, EditProject } from './project-dialogs';
import { ProjectMembers } from './project-members';
import { ProjectThings } from './project-things';

export function Project() {
  const name = usePathTail();
  useTitle(name);
  const project = useQuery(projectQuery(name));
  return (
    <SettingsPage title={name} lead={project.data?.title ?? ''} actions={project.data && <ProjectActions project={project.data} />}>
      {project.isPending && <Panel><SkeletonRows label="Loading the project" /></Panel>}
      {project.error && !project.data && <Failure error={project.error} onRetry={() => void project.refetch()} />}
      {project.data && (
        <>
          <ProjectMembers name={name} />
          <ProjectThings name={name} />
        </>
      )}
    </SettingsPage>
  );
}

function ProjectActions({ project }: { project: ProjectOf }) {
  const mayWrite = useCanInProject('projects:write', project.name);
  const [asked, setAsked] = useState<'edit' | 'delete' | null>(null);
  if (!mayWrite) return null;
  const close = () => setAsked(null);
  return (
    <>
      <ActionMenu
        label={`Actions for ${project.name}`}
        actions={[
          { label: 'Edit', onSelect: () => setAsked('edit') },
          { label: 'Delete', tone: 'danger', onSelect: () => setAsked('delete') },
        ]}
      />
      {asked === 'edit' && <EditProject project={project} onClose={close} />}
      {asked === 'delete' && <DeleteProject project={project} onClose={close} />}
    </>
  );
}

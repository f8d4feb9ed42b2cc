'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCanInProject } from '@/api/permissions';
import { removeProjectMember, setProjectMember } from '@/api/settings-calls';
import { projectMembersQuery, settingsKeys } from '@/api/settings-queries';
import type { ProjectMember } from '@/api/types';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { ActionMenu } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { useSubjects } from '../parts/subjects';
import { ProjectRoleField } from './project-role-field';

const columns: Column<ProjectMember>[] = [
  {
    title: 'Member',
    cell: (member) => (
      <>
        <span className="font-medium">{member.name}</span>
        {member.kind === 'serviceAccount' && <span className="block text-12 text-muted">service account</span>}
      </>
    ),
  },
  { title: 'Role here', cell: (member) => <Tag>{member.role}</Tag> },
  { title: 'Since', cell: (member) => <Ago at={member.since} /> },
];
const stale = [settingsKeys.projects, settingsKeys.holders];

export function ProjectMembers({ name }: { name: string }) {
  const members = useInfiniteQuery(projectMembersQuery(name));
  const mayWrite = useCanInProject('projects:write', name);
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<{ what: 'role' | 'remove'; member: ProjectMember } | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <ListPanel
        label="members of the project"
        title="Members"
        aside={mayWrite && <Button tone="quiet" onClick={() => setAdding(true)}>Add somebody</Button>}
        list={members}
        columns={columns}
        keyOf={(member) => member.subject}
        actions={mayWrite ? (member) => (
          <ActionMenu
            label={`Actions for ${member.name}`}
            actions={[
              { label: 'Change role', onSelect: () => setAsked({ what: 'role', member }) },
              { label: 'Take out', tone: 'danger', onSelect: () => setAsked({ what: 'remove', member }) },
            ]}
          />
        ) : undefined}
        empty={<Empty title="Nobody belongs to it">Members do with its things what their role here says.</Empty>}
      />
      {adding && <AddMember name={name} onClose={() => setAdding(false)} />}
      {asked?.what === 'role' && <ChangeRole name={name} member={asked.member} onClose={close} />}
      {asked?.what === 'remove' && <RemoveMember name={name} member={asked.member} onClose={close} />}
    </>
  );
}

function AddMember({ name, onClose }: { name: string; onClose: () => void }) {
  const subjects = useSubjects();
  const [subject, setSubject] = useState('');
  const [role, setRole] = useState('');
  const change = useChange({
    ask: () => setProjectMember(name, subject.trim(), role),
    stale,
    done: 'Added. It counts from their next request on.',
    onDone: onClose,
  });
  return (
    <FormDialog title={`Add somebody to ${name}`} action="Add" change={change} onClose={onClose}>
      {subjects.length > 0 ? (
        <SelectField
          label="Who"
          required
          value={subject}
          onChange={(event) => setSubject(event.target.value)}
          options={[{ value: '', label: 'Choose somebody', disabled: true }, ...subjects.map(({ id, label }) => ({ value: id, label }))]}
        />
      ) : (
        <TextField
          label="Who, by id"
          required
          maxLength={64}
          value={subject}
          hint="usr_…, as their profile shows it. You do not see who belongs to the tenant."
          onChange={(event) => setSubject(event.target.value)}
        />
      )}
      <ProjectRoleField value={role} onChange={setRole} />
    </FormDialog>
  );
}

interface MemberDialogProps {
  name: string;
  member: ProjectMember;
  onClose: () => void;
}

function ChangeRole({ name, member, onClose }: MemberDialogProps) {
  const [role, setRole] = useState(member.role);
  const change = useChange({
    ask: () => setProjectMember(name, member.subject, role),
    stale,
    done: `${member.name} is ${role} here.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Change the role of ${member.name} in ${name}`} action="Change role" change={change} onClose={onClose}>
      <ProjectRoleField value={role} onChange={setRole} />
    </FormDialog>
  );
}

function RemoveMember({ name, member, onClose }: MemberDialogProps) {
  const change = useChange({
    ask: () => removeProjectMember(name, member.subject),
    stale,
    done: `${member.name} is out of ${name}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Take ${member.name} out of ${name}?`} action="Take out" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">They lose what they could do through the project with the next request, and nothing else.</p>
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useCan } from '@/api/permissions';
import { rolesQuery } from '@/api/settings-queries';
import { SelectField } from '@/ui/field';

const builtIn = ['admin', 'developer', 'operator', 'viewer', 'auditor'];

/** A role in a project: any but the owner's. Who does not see the tenant's own roles chooses among the built-in ones. */
export function ProjectRoleField({ value, onChange }: { value: string; onChange: (role: string) => void }) {
  const own = useQuery({ ...rolesQuery(), enabled: useCan('roles:read') });
  const names = own.data?.map((role) => role.name).filter((name) => name !== 'owner') ?? builtIn;
  return (
    <SelectField
      label="Role in the project"
      required
      value={value}
      hint="It counts for the things of the project alone, and may do no more there than you."
      onChange={(event) => onChange(event.target.value)}
      options={[
        ...(names.includes(value) ? [] : [{ value, label: value || 'Choose a role', disabled: value === '' }]),
        ...names.map((name) => ({ value: name, label: name })),
      ]}
    />
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { meQuery } from '@/api/queries';
import { rolesQuery } from '@/api/settings-queries';
import { rolesToGive } from '@/lib/roles';
import { SelectField } from '@/ui/field';

/** The roles that the caller may give. */
export function useRolesToGive() {
  const me = useQuery(meQuery());
  const roles = useQuery(rolesQuery());
  return rolesToGive(roles.data ?? [], me.data?.role ?? '');
}

interface RoleFieldProps {
  value: string;
  onChange: (role: string) => void;
  /** Leaves owners out: what is no person cannot be one. */
  noOwner?: boolean;
}

export function RoleField({ value, onChange, noOwner }: RoleFieldProps) {
  const roles = useRolesToGive().filter((role) => !noOwner || role.name !== 'owner');
  const chosen = roles.find((role) => role.name === value);
  return (
    <SelectField
      label="Role"
      required
      value={chosen ? value : ''}
      hint={chosen?.description || 'One that may do no more than you.'}
      onChange={(event) => onChange(event.target.value)}
      options={[
        ...(chosen ? [] : [{ value: '', label: 'Choose a role', disabled: true }]),
        ...roles.map((role) => ({ value: role.name, label: role.name })),
      ]}
    />
  );
}

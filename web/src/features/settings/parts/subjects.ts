import { useQuery } from '@tanstack/react-query';
import { useCan } from '@/api/permissions';
import { memberChoicesQuery, serviceAccountChoicesQuery } from '@/api/settings-queries';

/** Who can be named in a form: members and service accounts, as far as the caller may see them. */
export function useSubjects(): { id: string; label: string }[] {
  const members = useQuery({ ...memberChoicesQuery(), enabled: useCan('members:read') });
  const accounts = useQuery({ ...serviceAccountChoicesQuery(), enabled: useCan('service_accounts:read') });
  return [
    ...(members.data ?? []).map((member) => ({ id: member.id, label: `${member.displayName} (${member.email})` })),
    ...(accounts.data ?? []).map((account) => ({ id: account.id, label: `${account.name} (service account)` })),
  ];
}

import {
  Building2, Cable, ChartNoAxesColumn, Fingerprint, FolderKanban, KeyRound, KeySquare, Laptop, LockKeyhole, ScanEye, ScrollText, Server, ShieldCheck, UserLock,
  UserRound, Users, Workflow, type LucideIcon,
} from 'lucide-react';

export interface SettingsPlace {
  href: string;
  title: string;
  lead: string;
  group: 'You' | 'Tenant' | 'Installation';
  icon: LucideIcon;
  /** The permission without which the page shows nothing; null for everybody. */
  needs: string | null;
}

const at = (
  path: string, title: string, group: SettingsPlace['group'], needs: string | null, icon: LucideIcon, lead: string,
): SettingsPlace => ({ href: `/settings/${path}`, title, group, needs, icon, lead });

/** The pages of the settings: their navigation, their heads and the palette are made from this. */
export const settingsPlaces: SettingsPlace[] = [
  at('profile', 'Profile and security', 'You', null, UserRound, 'Who you are here, what you may do, and how you sign in.'),
  at('sessions', 'Sessions', 'You', null, Laptop, 'Where you are signed in. A session that you end is over with its next request.'),
  at('api-keys', 'API keys', 'You', null, KeyRound,
    'Programs use them in your name. A key never does more than its scopes and your own role allow at the time.'),
  at('members', 'Members', 'Tenant', 'members:read', Users, 'The people of this tenant. What you change counts from their next request.'),
  at('roles', 'Roles', 'Tenant', 'roles:read', ShieldCheck, 'A role is a set of permissions. Six are built in; make your own of the same permissions.'),
  at('access', 'Access', 'Tenant', 'access:read', ScanEye, 'Who can do what, by role or by what was granted on single things.'),
  at('projects', 'Projects', 'Tenant', 'projects:read', FolderKanban,
    'Things that belong together, and who may do what with them. A role in a project says nothing about the rest of the tenant.'),
  at('service-accounts', 'Service accounts', 'Tenant', 'service_accounts:read', Workflow,
    'Programs that act in their own name, with a role and API keys of their own.'),
  at('sso', 'Single sign-on', 'Tenant', 'sso:read', Fingerprint,
    'The identity providers at which people of this tenant sign in, and the domains that lead there.'),
  at('connections', 'Connections', 'Tenant', 'connections:read', Cable,
    'MCP servers and HTTP APIs as sources of tools. An agent has those that its definition lists.'),
  at('secrets', 'Secrets', 'Tenant', 'secrets:read', LockKeyhole,
    'What tools need to get in elsewhere. A secret is added to requests to its hosts; no model ever sees it.'),
  at('keys', 'Encryption keys', 'Tenant', 'keys:read', KeySquare, 'What confidential values of this tenant are sealed under.'),
  at('audit', 'Audit log', 'Tenant', 'audit:read', ScrollText, 'Who did what to what, when, and how it ended. An entry that is changed afterwards is found out.'),
  at('privacy', 'Privacy', 'Tenant', 'privacy:read', UserLock,
    'What people can ask of the data about them: to get it, and to have it erased. And how long data is kept.'),
  at('quotas', 'Quotas', 'Tenant', 'quotas:read', ChartNoAxesColumn, 'What this tenant may have, and how much of it there is.'),
  at('tenants', 'Tenants', 'Installation', 'tenants:read', Building2,
    'The tenants of this installation. You see that they are there, and nothing of what is in them.'),
  at('system', 'System', 'Installation', null, Server, 'What this installation is made of, and whether it serves.'),
];

export function settingsPlaceAt(pathname: string): SettingsPlace {
  const found = settingsPlaces.find((place) => pathname === place.href || pathname.startsWith(`${place.href}/`));
  return found ?? settingsPlaces[0]!;
}

// The permission table as the API tells it, and the built-in roles that are made of it.
const letters = { o: 'owner', a: 'admin', d: 'developer', p: 'operator', v: 'viewer', u: 'auditor' };

export const permissionTable = [
  ['agents:read', 'See agents, their definitions and versions', 'agent', 'oadpvu'],
  ['agents:write', 'Apply definitions: make agents and new versions of them', null, 'oad'],
  ['runs:read', 'See runs, their events, and what they ask for', null, 'oadpvu'],
  ['runs:start', 'Start runs of agents, and fork runs', 'agent', 'oadp'],
  ['runs:approve', 'Decide what runs ask for, also in advance, and steps in doubt', null, 'oadp'],
  ['runs:cancel', 'End runs', null, 'oadp'],
  ['runs:control', 'Pause, resume, steer, retry, roll back and upgrade runs', null, 'oadp'],
  ['runs:signal', 'Send runs what they wait for', null, 'oadp'],
  ['workspaces:read', 'See the files of workspaces, and take them home', 'workspace', 'oadpvu'],
  ['workspaces:write', 'Make workspaces and change files in them', 'workspace', 'oadp'],
  ['tools:read', 'See the tools that agents can be given', null, 'oadpvu'],
  ['connections:read', 'See sources of tools', 'connection', 'oadpvu'],
  ['connections:write', 'Set up, change and remove sources of tools', 'connection', 'oa'],
  ['policy:read', 'See and try the policy of the gate', null, 'oadpvu'],
  ['policy:write', 'Apply another policy', null, 'oa'],
  ['system:read', 'See the state of the server, its nodes and measurements', null, 'oadpu'],
  ['audit:read', 'Read, verify and export the audit log', null, 'oau'],
  ['members:read', 'See members and open invitations, with their email addresses', null, 'oau'],
  ['members:write', 'Invite people, give them other roles, disable and remove them', null, 'oa'],
  ['roles:read', 'See roles and what each may do', null, 'oadpvu'],
  ['roles:write', 'Make, change and delete the tenant\'s own roles', null, 'oa'],
  ['access:read', 'See grants, ask who can do what, and export the access review', null, 'oau'],
  ['access:write', 'Grant permissions on single things, and take them back', null, 'oa'],
  ['api_keys:write', 'Make API keys for oneself', null, 'oadp'],
  ['api_keys:manage', 'See and revoke everybody\'s API keys', null, 'oa'],
  ['service_accounts:read', 'See service accounts and their keys', null, 'oau'],
  ['service_accounts:write', 'Make and change service accounts, and make keys for them', null, 'oa'],
  ['security:read', 'See what the tenant asks of a sign-in', null, 'oau'],
  ['security:write', 'Decide whether members need a second factor', null, 'oa'],
  ['secrets:read', 'See the names of secrets, never their values', null, 'oadpu'],
  ['secrets:write', 'Set and remove secrets', null, 'oa'],
  ['secrets:reveal', 'See the values of secrets; each look is in the audit log', null, 'o'],
  ['keys:read', 'See the keys that secrets are sealed under, never the keys themselves', null, 'oau'],
  ['keys:rotate', 'Replace those keys', null, 'oa'],
  ['privacy:read', 'See exports and erasures of persons\' data, legal holds, and how long data is kept', null, 'oau'],
  ['privacy:export', 'Export all data of a person, and download it', null, 'oa'],
  ['privacy:erase', 'Erase a person for good', null, 'o'],
  ['holds:write', 'Place and lift legal holds', null, 'oa'],
  ['retention:write', 'Set how long data is kept', null, 'o'],
  ['quotas:read', 'See what the tenant may use, and what it uses', null, 'oadpvu'],
  ['quotas:write', 'Set what a tenant may use', null, 'o'],
  ['tenants:read', 'See the tenants of the installation', null, 'oau'],
  ['tenants:write', 'Make, disable and enable tenants', null, 'o'],
  ['service:write', 'Turn requests away for maintenance', null, 'oa'],
].map(([permission, meaning, resourceKind, roles]) => ({
  permission, meaning, resourceKind, roles: [...roles].map((letter) => letters[letter]),
}));

const heldBy = (role) => permissionTable.filter((entry) => entry.roles.includes(role)).map((entry) => entry.permission).sort();

export const fixedPermissions = [
  ['owner', 'May do everything, and makes other owners.'], ['admin', 'Runs the tenant: members, roles, connections, policy.'],
  ['developer', 'Makes agents and works with them.'], ['operator', 'Works with agents that are there.'],
  ['viewer', 'Looks.'], ['auditor', 'Looks, also at the audit log and at who may do what.'],
].map(([name, description]) => [name, description, heldBy(name)]);

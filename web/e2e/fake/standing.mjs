// What the person who is signed in may do: for the tenant by a role, on single things by grants, in projects by a role there.
import { fixedPermissions, permissionTable } from './permissions.mjs';

/** Somebody who may nothing in the tenant but what some permissions say, and in projects what their roles there say. */
export const guest = (projects, permissions = [], grants = []) => ({
  role: 'guest', permissions, grants,
  projects: Object.entries(projects).map(([name, role]) => ({
    name, role, permissions: ofRole(role).filter((each) => permissionTable.some((row) => row.permission === each && row.resourceKind)),
  })),
});

export const withRole = (role) => ({ role, permissions: ofRole(role), grants: [], projects: [] });

const ofRole = (role) => fixedPermissions.find(([name]) => name === role)[2];

/** The questions that the routes ask about it; what lies in projects is read from the memory of the settings. */
export function createAccess(standing, settings, refuse) {
  const { permissions, grants, projects } = standing;
  const liesIn = (name, thing) => settings.projects.find((each) => each.name === name)?.things.some((each) => each.thing === thing);
  const may = (permission) =>
    permissions.includes(permission) || [...grants, ...projects.flatMap((each) => each.permissions.map((held) => ({ permission: held })))]
      .some((each) => each.permission === permission);
  const mayOn = (permission, thing) =>
    permissions.includes(permission) || grants.some((each) => each.permission === permission && each.resource === thing)
    || projects.some((each) => each.permissions.includes(permission) && liesIn(each.name, thing));
  const need = (permission, thing) => {
    if (!mayOn(permission, thing)) throw refuse(403, 'identity.not_allowed', `This needs the permission ${permission}.`);
  };
  return {
    standing,
    may,
    mayOn,
    need,
    /** Refuses whoever may not make a thing, for the tenant or in the project that the query names. */
    needToMake: (permission, query) => {
      const project = query.get('project');
      const held = permissions.includes(permission)
        || projects.some((each) => each.name === project && each.permissions.includes(permission));
      if (!held) throw refuse(403, 'identity.not_allowed', `This needs the permission ${permission}.`);
      if (project && !settings.projects.some((each) => each.name === project))
        throw refuse(404, 'identity.project_not_found', `There is no project '${project}'.`);
    },
    /** Puts what was made into the project that the query names. */
    put: (query, thing) => settings.projects.find((each) => each.name === query.get('project'))?.things.push({
      thing, kind: thing.split(':')[0], name: thing.slice(thing.indexOf(':') + 1), since: new Date().toISOString(),
    }),
    /** Whether anything that is listed is shown. */
    sees: (permission, kind) => (each) => mayOn(permission, `${kind}:${each.name}`),
    of: (resource) => ({
      resource,
      permissions: permissionTable.filter((row) => row.resourceKind === resource.split(':')[0] && mayOn(row.permission, resource))
        .map((row) => row.permission).sort(),
    }),
  };
}

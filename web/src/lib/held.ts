interface Holder {
  permissions: readonly string[];
  grants: readonly { resource: string; permission: string }[];
  projects: readonly { name: string; permissions: readonly string[] }[];
}

/** Whether somebody may do something with everything of the tenant, with some of it, or in a project. */
export const holdsSomewhere = (me: Holder, permission: string) =>
  me.permissions.includes(permission)
  || me.grants.some((grant) => grant.permission === permission)
  || me.projects.some((project) => project.permissions.includes(permission));

/** Whether somebody may do something with one project: for the tenant, by a grant on it, or by their role in it. */
export const holdsInProject = (me: Holder, permission: string, name: string) =>
  me.permissions.includes(permission)
  || me.grants.some((grant) => grant.permission === permission && grant.resource === `project:${name}`)
  || me.projects.some((project) => project.name === name && project.permissions.includes(permission));

/** Of projects, those in which somebody may make things: where they may make them, and see the project. */
export const projectsToMakeIn = (me: Holder, permission: string, names: readonly string[]) =>
  names.filter((name) => holdsInProject(me, permission, name) && holdsInProject(me, 'projects:read', name));

/** Whether somebody may make things: for the tenant or in a project. A grant is on a thing that is there. */
export const canMake = (me: Holder, permission: string) =>
  me.permissions.includes(permission) || me.projects.some((project) => project.permissions.includes(permission));

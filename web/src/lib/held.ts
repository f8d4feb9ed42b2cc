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

/** The projects in which somebody may make things that they may not make for the tenant. */
export const projectsToMakeIn = (me: Holder, permission: string) =>
  me.projects.filter((project) => project.permissions.includes(permission)).map((project) => project.name);

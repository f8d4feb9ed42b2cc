import { describe, expect, it } from 'vitest';
import { holdsInProject, holdsSomewhere, projectsToMakeIn } from './held';

const me = {
  permissions: ['runs:read'],
  grants: [{ resource: 'project:beta', permission: 'projects:write' }, { resource: 'agent:reviewer', permission: 'runs:start' }],
  projects: [{ name: 'alpha', permissions: ['knowledge:read', 'knowledge:write'] }, { name: 'beta', permissions: ['knowledge:read'] }],
};

describe('what somebody holds', () => {
  it('is held for the tenant, by a grant or in a project', () => {
    for (const permission of ['runs:read', 'runs:start', 'knowledge:write']) expect(holdsSomewhere(me, permission)).toBe(true);
    expect(holdsSomewhere(me, 'members:read')).toBe(false);
  });

  it('is held in one project and not in another', () => {
    expect(holdsInProject(me, 'knowledge:write', 'alpha')).toBe(true);
    expect(holdsInProject(me, 'knowledge:write', 'beta')).toBe(false);
    expect(holdsInProject(me, 'projects:write', 'beta')).toBe(true);
    expect(holdsInProject(me, 'projects:write', 'alpha')).toBe(false);
    expect(holdsInProject(me, 'runs:read', 'gamma')).toBe(true);
  });

  it('says in which projects things can be made', () => {
    expect(projectsToMakeIn(me, 'knowledge:write')).toEqual(['alpha']);
    expect(projectsToMakeIn(me, 'connections:write')).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { canMake, holdsInProject, holdsSomewhere, projectsToMakeIn } from './held';

const me = {
  permissions: ['runs:read'],
  grants: [
    { resource: 'project:beta', permission: 'projects:write' }, { resource: 'agent:reviewer', permission: 'runs:start' },
    { resource: 'connection:pets', permission: 'connections:write' },
  ],
  projects: [
    { name: 'alpha', permissions: ['knowledge:read', 'knowledge:write', 'projects:read'] },
    { name: 'beta', permissions: ['knowledge:read', 'projects:read'] }, { name: 'dark', permissions: ['knowledge:write'] },
  ],
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
    const all = ['alpha', 'beta', 'dark', 'gamma'];
    expect(projectsToMakeIn(me, 'knowledge:write', all)).toEqual(['alpha']);
    expect(projectsToMakeIn(me, 'connections:write', all)).toEqual([]);
    const owner = { permissions: ['agents:write', 'projects:read'], grants: [], projects: [] };
    expect(projectsToMakeIn(owner, 'agents:write', all)).toEqual(all);
    expect(projectsToMakeIn({ ...owner, permissions: ['agents:write'] }, 'agents:write', all)).toEqual([]);
    const guest = { permissions: ['agents:write'], grants: [], projects: me.projects };
    expect(projectsToMakeIn(guest, 'agents:write', all)).toEqual(['alpha', 'beta']);
  });

  it('lets things be made for the tenant or in a project, and not because of a grant on one of them', () => {
    expect(canMake(me, 'knowledge:write')).toBe(true);
    expect(canMake(me, 'runs:read')).toBe(true);
    expect(canMake(me, 'connections:write')).toBe(false);
  });
});

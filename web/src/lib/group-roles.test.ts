import { describe, expect, it } from 'vitest';
import { groupRolesOf, groupRolesText } from './group-roles';

describe('groups and their roles', () => {
  it('are read a line each, and written the same', () => {
    const read = groupRolesOf(' makers = developer\n\ncn=staff,dc=example=viewer\n');
    expect(read).toEqual([{ group: 'makers', role: 'developer' }, { group: 'cn=staff,dc=example', role: 'viewer' }]);
    expect(groupRolesOf(groupRolesText(read))).toEqual(read);
  });

  it('without a role keep the group, so that the server says what is missing', () => {
    expect(groupRolesOf('makers')).toEqual([{ group: 'makers', role: '' }]);
  });
});

interface GroupRole {
  group: string;
  role: string;
}

/** Groups and roles as they are written: one to a line, with = between them. Groups may have a = in them, roles not. */
export const groupRolesOf = (text: string): GroupRole[] =>
  text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const at = line.lastIndexOf('=');
    return { group: at < 0 ? line : line.slice(0, at).trim(), role: at < 0 ? '' : line.slice(at + 1).trim() };
  });

export const groupRolesText = (roles: GroupRole[]): string => roles.map(({ group, role }) => `${group}=${role}`).join('\n');

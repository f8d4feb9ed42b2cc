interface RoleLike {
  name: string;
  permissions: readonly string[];
}

/** The roles that the holder of one may give: none that may do more, and owners are made by owners. */
export function rolesToGive<T extends RoleLike>(roles: readonly T[], own: string): T[] {
  if (own === 'owner') return [...roles];
  const held = new Set(roles.find((role) => role.name === own)?.permissions);
  return roles.filter((role) => role.name !== 'owner' && role.permissions.every((permission) => held.has(permission)));
}

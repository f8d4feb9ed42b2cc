export interface PermissionGroup {
  resource: string;
  actions: string[];
}

/** Permissions (`resource:action`) by their resource, in the order in which resources first come. */
export function permissionGroups(names: readonly string[]): PermissionGroup[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [resource = '', action = ''] = name.split(':');
    groups.set(resource, [...(groups.get(resource) ?? []), action]);
  }
  return [...groups].map(([resource, actions]) => ({ resource, actions }));
}

/** A resource as a heading: `api_keys` is "API keys". */
export const resourceTitle = (resource: string) => {
  const words = resource.replaceAll('_', ' ').replace(/^api\b/, 'API');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

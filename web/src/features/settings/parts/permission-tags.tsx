import { permissionGroups } from '@/lib/permissions';

/** Permissions as they are read: each resource with what may be done with it. */
export function PermissionTags({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="text-faint">nothing</span>;
  return (
    <ul className="flex flex-wrap gap-1 py-1">
      {permissionGroups(names).map(({ resource, actions }) => (
        <li key={resource} className="num rounded-sm border px-1.5 text-11 leading-5 text-muted">
          {resource}<span className="text-faint">:</span>{actions.join(' · ')}
        </li>
      ))}
    </ul>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { permissionsQuery } from '@/api/settings-queries';
import type { PermissionEntry } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { resourceTitle } from '@/lib/permissions';
import { Button } from '@/ui/button';
import { CheckField } from '@/ui/field';
import { SkeletonRows } from '@/ui/notice';

interface PermissionPickerProps {
  legend: string;
  chosen: readonly string[];
  onChange?: (chosen: string[]) => void;
  /** What can be given at all; what cannot is shown, and stays as it is. */
  givable: readonly string[];
  /** Leaves out what cannot be given. */
  only?: boolean;
}

/** Every permission by its resource, with what it means. Without `onChange` it is there to read. */
export function PermissionPicker({ legend, chosen, onChange, givable, only }: PermissionPickerProps) {
  const table = useQuery(permissionsQuery());
  if (table.error) return <Failure error={table.error} onRetry={() => void table.refetch()} />;
  if (!table.data) return <SkeletonRows label="Loading permissions" />;
  const toggle = (name: string, on: boolean) => onChange?.(on ? [...chosen, name].sort() : chosen.filter((each) => each !== name));
  return (
    <fieldset className="min-w-0">
      <legend className="sr-only">{legend}</legend>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <p aria-hidden className="min-w-0 flex-1 text-12 font-medium text-muted">{legend}</p>
        <p aria-live="polite" className="num text-12 text-faint">{plural(chosen.length, 'permission')}</p>
        {onChange && chosen.length > 0 && <Button tone="quiet" onClick={() => onChange([])}>None</Button>}
      </div>
      <div className="gap-6 sm:columns-2">
        {byResource(only ? table.data.filter((entry) => givable.includes(entry.permission)) : table.data).map(([resource, entries]) => (
          <div key={resource} role="group" aria-label={resourceTitle(resource)} className="mb-4 min-w-0 break-inside-avoid">
            <p aria-hidden className="mb-1.5 border-b pb-1 text-12 font-medium">{resourceTitle(resource)}</p>
            <div className="space-y-2">
              {entries.map(({ permission, meaning }) => (
                <CheckField
                  key={permission}
                  label={permission}
                  hint={meaning}
                  checked={chosen.includes(permission)}
                  disabled={!onChange || !givable.includes(permission)}
                  onChange={(event) => toggle(permission, event.target.checked)}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
    </fieldset>
  );
}

function byResource(table: PermissionEntry[]): [string, PermissionEntry[]][] {
  const groups = new Map<string, PermissionEntry[]>();
  for (const entry of table) {
    const resource = entry.permission.split(':')[0] ?? '';
    groups.set(resource, [...(groups.get(resource) ?? []), entry]);
  }
  return [...groups];
}

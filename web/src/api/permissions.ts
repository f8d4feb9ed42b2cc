'use client';

import { useQuery } from '@tanstack/react-query';
import { canMake, holdsInProject, holdsSomewhere } from '@/lib/held';
import { settingsPlaces } from '@/lib/settings-places';
import { meQuery, ownAccessQuery, runQuery } from './queries';

/**
 * Whether to show a list, or to offer what no one thing stands for: to whom may do it with everything, or with some things because
 * of a grant or a project. The server decides again on every call; this only keeps dead buttons away.
 */
export function useCan(permission: string): boolean {
  const me = useQuery(meQuery()).data;
  return me !== undefined && holdsSomewhere(me, permission);
}

/**
 * Whether to offer an action on one thing, as kind:name; null is a thing that stands for itself, on which nothing is granted. Who
 * may do it with some things only is told by the server whether this is one of them.
 */
export function useCanOn(permission: string, thing: string | null): boolean {
  const me = useQuery(meQuery()).data;
  const mayAll = me?.permissions.includes(permission) ?? false;
  const isOpen = me !== undefined && !mayAll && thing !== null && holdsSomewhere(me, permission);
  const own = useQuery({ ...ownAccessQuery(thing ?? ''), enabled: isOpen }).data;
  return mayAll || (isOpen && (own?.permissions.includes(permission) ?? false));
}

/** Whether to offer an action on a run: what may be done with an agent may be done with its runs; other runs are the tenant's. */
export function useCanOnRun(permission: string, runId: string): boolean {
  const me = useQuery(meQuery()).data;
  const isOpen = me !== undefined && !me.permissions.includes(permission) && holdsSomewhere(me, permission);
  // What a run is of never changes.
  const run = useQuery({ ...runQuery(runId), enabled: isOpen, staleTime: Infinity, refetchInterval: false }).data;
  return useCanOn(permission, run?.kind === 'agent' ? `agent:${run.subject}` : null);
}

/** Whether to offer an action on one project. */
export function useCanInProject(permission: string, project: string): boolean {
  const me = useQuery(meQuery()).data;
  return me !== undefined && holdsInProject(me, permission, project);
}

/** Whether to offer to make something: to whom may for the tenant, or in a project. */
export function useCanMake(permission: string): boolean {
  const me = useQuery(meQuery()).data;
  return me !== undefined && canMake(me, permission);
}

/** Whether to offer what only somebody can do who may do it for the whole tenant. */
export function useCanForTenant(permission: string): boolean {
  return useQuery(meQuery()).data?.permissions.includes(permission) ?? false;
}

/** The pages of the settings that the caller's role shows something on. */
export function useSettingsPlaces() {
  const me = useQuery(meQuery()).data;
  return settingsPlaces.filter((place) => place.needs === null || (me !== undefined && holdsSomewhere(me, place.needs)));
}

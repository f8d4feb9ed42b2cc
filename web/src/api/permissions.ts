'use client';

import { useQuery } from '@tanstack/react-query';
import { holdsInProject, holdsSomewhere } from '@/lib/held';
import { settingsPlaces } from '@/lib/settings-places';
import { meQuery } from './queries';

/**
 * Whether to offer an action: to whom may do it with everything, or with some things because of a grant or a project. The server
 * decides again on every call; this only keeps dead buttons away.
 */
export function useCan(permission: string): boolean {
  const me = useQuery(meQuery()).data;
  return me !== undefined && holdsSomewhere(me, permission);
}

/** Whether to offer an action on one project. */
export function useCanInProject(permission: string, project: string): boolean {
  const me = useQuery(meQuery()).data;
  return me !== undefined && holdsInProject(me, permission, project);
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

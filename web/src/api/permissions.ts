'use client';

import { useQuery } from '@tanstack/react-query';
import { settingsPlaces } from '@/lib/settings-places';
import { meQuery } from './queries';

/** Whether to offer an action. The server decides again on every call; this only keeps dead buttons away. */
export function useCan(permission: string): boolean {
  const me = useQuery(meQuery());
  return me.data?.permissions.includes(permission) ?? false;
}

/** The pages of the settings that the caller's role shows something on. */
export function useSettingsPlaces() {
  const held = useQuery(meQuery()).data?.permissions ?? [];
  return settingsPlaces.filter((place) => place.needs === null || held.includes(place.needs));
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { meQuery } from './queries';

/** Whether to offer an action. The server decides again on every call; this only keeps dead buttons away. */
export function useCan(permission: string): boolean {
  const me = useQuery(meQuery());
  return me.data?.permissions.includes(permission) ?? false;
}

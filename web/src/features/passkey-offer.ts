import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { setupQuery } from '@/api/queries';
import { hasPasskeys } from '@/lib/webauthn';

/** Whether there are passkeys here, or whose fault it is that there are none; null while that is not known. */
export type PasskeyOffer = 'yes' | 'browser' | 'server' | null;

export function usePasskeyOffer(): PasskeyOffer {
  const inBrowser = useSyncExternalStore(noChanges, hasPasskeys, () => true);
  const setup = useQuery(setupQuery());
  if (!inBrowser) return 'browser';
  if (!setup.data) return null;
  return setup.data.passkeys ? 'yes' : 'server';
}

const noChanges = () => () => {};

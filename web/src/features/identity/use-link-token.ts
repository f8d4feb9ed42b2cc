import { useEffect, useState } from 'react';
import { takeLinkToken } from './open-session';

/** The token of the link that led here, or null without one; also of a link that is opened in a tab that shows the page already. */
export function useLinkToken(): string | null {
  const [token, setToken] = useState<string | null>(null);

  useEffect(() => {
    const read = () => setToken(takeLinkToken());
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);

  return token;
}

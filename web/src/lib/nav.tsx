'use client';

import NextLink from 'next/link';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback, useMemo, type ComponentProps } from 'react';

// The one place that knows the router. Links do not prefetch: a list of fifty runs is one page, not fifty.

export function Link({ href, ...rest }: Omit<ComponentProps<typeof NextLink>, 'href'> & { href: string }) {
  return <NextLink href={href} prefetch={false} {...rest} />;
}

export function useNavigate() {
  const router = useRouter();
  return useMemo(
    () => ({ go: (href: string) => router.push(href), replace: (href: string) => router.replace(href) }),
    [router],
  );
}

export { usePathname };

/**
 * The last part of the address. The exported page of a dynamic route is one file for every id, so the
 * router's own parameter says `_`; the address is the truth.
 */
export function usePathTail(): string {
  const tail = usePathname().split('/').filter(Boolean).pop() ?? '';
  try {
    return decodeURIComponent(tail);
  } catch {
    return tail;
  }
}

/** Filters and cursors kept in the address, so that a view can be shared, reloaded and walked back. */
export function useUrlState() {
  const parameters = useSearchParams();
  const pathname = usePathname();
  const router = useRouter();
  const set = useCallback(
    (changes: Record<string, string | null>, how: 'push' | 'replace' = 'replace') => {
      const next = new URLSearchParams(parameters);
      for (const [name, value] of Object.entries(changes))
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
      const href = next.size > 0 ? `${pathname}?${next}` : pathname;
      router[how](href, { scroll: false });
    },
    [parameters, pathname, router],
  );
  return { get: (name: string) => parameters.get(name), set };
}

/** Only a path of this very site may be a return address after sign-in. */
export function safeReturnPath(value: string | null): string {
  if (value === null || !value.startsWith('/') || value.startsWith('//') || value.includes('\\')) return '/';
  return /^\/(sign-in|setup|join)/.test(value) ? '/' : value;
}

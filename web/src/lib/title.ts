'use client';

import { useEffect } from 'react';

/** The tab's name, where one exported page serves many things: a waiting run is seen among twenty tabs. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · CodexOS`;
    return () => {
      document.title = before;
    };
  }, [title]);
}

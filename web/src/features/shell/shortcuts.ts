'use client';

import { useEffect } from 'react';
import { places } from './commands';

interface Actions {
  go: (href: string) => void;
  openPalette: () => void;
  openHelp: () => void;
}

const chordMs = 1_200;

/** Ctrl+K, `?`, and G followed by a place's letter. Keys typed into a field belong to the field. */
export function useShortcuts({ go, openPalette, openHelp }: Actions) {
  useEffect(() => {
    let chordUntil = 0;
    const press = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && !event.altKey && key === 'k') {
        event.preventDefault();
        return openPalette();
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
      const place = event.timeStamp < chordUntil ? places.find((each) => each.key === key) : undefined;
      chordUntil = key === 'g' ? event.timeStamp + chordMs : 0;
      if (place) {
        event.preventDefault();
        go(place.href);
      } else if (event.key === '?') {
        event.preventDefault();
        openHelp();
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [go, openPalette, openHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, dialog, [role="menu"]') !== null)
  );
}

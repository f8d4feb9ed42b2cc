'use client';

import { useSyncExternalStore } from 'react';

// One timer for every "12 s ago" and every countdown on the page.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((each) => each());
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The current second. `active: false` stands still, and costs nothing. */
export function useNow(active = true): number {
  return useSyncExternalStore(active ? subscribe : never, read, read);
}

const never = () => () => {};
function read() {
  // With nobody ticking the stored second grows stale; refresh it, but never within the same second.
  if (timer === undefined && Date.now() - now >= 1000) now = Date.now();
  return now;
}

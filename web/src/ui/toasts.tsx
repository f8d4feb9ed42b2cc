'use client';

import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { IconButton } from './button';

interface Toast {
  id: number;
  tone: 'ok' | 'bad';
  text: string;
}

const shownMax = 4;
const stayMs = { ok: 4_000, bad: 9_000 };
const none: Toast[] = [];
let toasts: Toast[] = none;
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

const dismiss = (id: number) => change(toasts.filter((toast) => toast.id !== id));

/** A word about something that just happened. What the user must act on belongs on the page, not here. */
export function toast(tone: Toast['tone'], text: string) {
  const id = nextId++;
  change([...toasts.filter((other) => other.text !== text), { id, tone, text }].slice(-shownMax));
  setTimeout(() => dismiss(id), stayMs[tone]);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts, () => none);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-20 z-50 flex flex-col items-end gap-2 md:bottom-4"
    >
      {shown.map((item) => (
        <div
          key={item.id}
          className="pointer-events-auto flex max-w-[420px] items-start gap-2.5 rounded-md bg-raised py-2 pr-2 pl-3 shadow-overlay"
        >
          {item.tone === 'ok' ? (
            <CircleCheck aria-hidden size={15} className="mt-1.5 shrink-0 text-ok" />
          ) : (
            <CircleAlert aria-hidden size={15} className="mt-1.5 shrink-0 text-bad" />
          )}
          <p className="py-1 wrap-anywhere">{item.text}</p>
          <IconButton label="Dismiss" icon={<X aria-hidden size={14} />} onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </div>
  );
}

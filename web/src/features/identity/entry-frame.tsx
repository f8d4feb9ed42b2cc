import type { ReactNode } from 'react';
import { Brand } from '@/ui/brand';

/** The quiet page around sign-in and first run. */
export function EntryFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-[min(12vh,96px)]">
      <div className="w-full max-w-[380px]">
        <header className="mb-8"><Brand size={20} /></header>
        <main>
          <h1 className="text-20 font-semibold tracking-[-0.015em]">{title}</h1>
          {lead && <div className="mt-1 text-muted">{lead}</div>}
          <div className="mt-6">{children}</div>
        </main>
      </div>
    </div>
  );
}

'use client';

import type { ReactNode } from 'react';
import { SessionGate } from '@/features/identity/session-gate';
import { UserMenu } from '@/features/identity/user-menu';
import { Shell } from '@/features/shell/shell';

export default function InsideLayout({ children }: { children: ReactNode }) {
  return (
    <SessionGate>
      <Shell account={<UserMenu />} accountCompact={<UserMenu compact />}>
        {children}
      </Shell>
    </SessionGate>
  );
}

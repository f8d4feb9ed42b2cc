import type { Metadata } from 'next';
import { Suspense } from 'react';
import { AgentsList } from '@/features/agents/agents-list';

export const metadata: Metadata = { title: 'Agents' };

export default function AgentsPage() {
  return (
    <Suspense>
      <AgentsList />
    </Suspense>
  );
}

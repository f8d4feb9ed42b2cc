import type { Metadata } from 'next';
import { AgentsList } from '@/features/agents/agents-list';

export const metadata: Metadata = { title: 'Agents' };

export default function AgentsPage() {
  return <AgentsList />;
}

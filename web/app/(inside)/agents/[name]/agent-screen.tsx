'use client';

import { AgentView } from '@/features/agents/agent-view';
import { RunBox } from '@/features/runs/run-box';
import { usePathTail } from '@/lib/nav';

export function AgentScreen() {
  const name = usePathTail();
  return <AgentView key={name} name={name} renderRunBox={(agent) => <RunBox agent={agent} />} />;
}

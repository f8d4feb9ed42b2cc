import type { Metadata } from 'next';
import { AgentScreen } from './agent-screen';

export const metadata: Metadata = { title: 'Agent' };

/** One exported file serves every agent; the name is read from the address. */
export const generateStaticParams = () => [{ name: '_' }];

export default function AgentPage() {
  return <AgentScreen />;
}

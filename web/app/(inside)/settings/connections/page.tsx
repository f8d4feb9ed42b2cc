import type { Metadata } from 'next';
import { Connections } from '@/features/settings/connections/connections';

export const metadata: Metadata = { title: 'Connections' };

export default function ConnectionsPage() {
  return <Connections />;
}

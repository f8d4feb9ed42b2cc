import type { Metadata } from 'next';
import { System } from '@/features/settings/system/system';

export const metadata: Metadata = { title: 'System' };

export default function SystemPage() {
  return <System />;
}

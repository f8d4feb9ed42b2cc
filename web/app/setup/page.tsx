import type { Metadata } from 'next';
import { Setup } from '@/features/identity/setup-form';

export const metadata: Metadata = { title: 'First run' };

export default function SetupPage() {
  return <Setup />;
}

import type { Metadata } from 'next';
import { Quotas } from '@/features/settings/quotas/quotas';

export const metadata: Metadata = { title: 'Quotas' };

export default function QuotasPage() {
  return <Quotas />;
}

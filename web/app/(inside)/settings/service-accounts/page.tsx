import type { Metadata } from 'next';
import { ServiceAccounts } from '@/features/settings/service-accounts/service-accounts';

export const metadata: Metadata = { title: 'Service accounts' };

export default function ServiceAccountsPage() {
  return <ServiceAccounts />;
}

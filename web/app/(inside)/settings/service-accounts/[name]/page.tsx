import type { Metadata } from 'next';
import { ServiceAccount } from '@/features/settings/service-accounts/service-account';

export const metadata: Metadata = { title: 'Service account' };

/** One exported file serves every service account; the name is read from the address. */
export const generateStaticParams = () => [{ name: '_' }];

export default function ServiceAccountPage() {
  return <ServiceAccount />;
}

import type { Metadata } from 'next';
import { Tenant } from '@/features/settings/tenants/tenant';

export const metadata: Metadata = { title: 'Tenant' };

/** One exported file serves every tenant; the id is read from the address. */
export const generateStaticParams = () => [{ id: '_' }];

export default function TenantPage() {
  return <Tenant />;
}

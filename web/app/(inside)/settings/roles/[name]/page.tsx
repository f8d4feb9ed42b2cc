import type { Metadata } from 'next';
import { Role } from '@/features/settings/roles/role';

export const metadata: Metadata = { title: 'Role' };

/** One exported file serves every role; the name is read from the address. */
export const generateStaticParams = () => [{ name: '_' }];

export default function RolePage() {
  return <Role />;
}

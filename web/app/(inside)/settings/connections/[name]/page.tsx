import type { Metadata } from 'next';
import { Connection } from '@/features/settings/connections/connection';

export const metadata: Metadata = { title: 'Connection' };

/** One exported file serves every connection; the name is read from the address. */
export const generateStaticParams = () => [{ name: '_' }];

export default function ConnectionPage() {
  return <Connection />;
}

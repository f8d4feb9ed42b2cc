import type { Metadata } from 'next';
import { Secrets } from '@/features/settings/secrets/secrets';

export const metadata: Metadata = { title: 'Secrets' };

export default function SecretsPage() {
  return <Secrets />;
}

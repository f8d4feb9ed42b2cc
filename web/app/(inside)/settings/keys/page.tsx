import type { Metadata } from 'next';
import { VaultKeys } from '@/features/settings/vault-keys/vault-keys';

export const metadata: Metadata = { title: 'Encryption keys' };

export default function VaultKeysPage() {
  return <VaultKeys />;
}

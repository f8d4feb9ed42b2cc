'use client';

import type { OwnerLink } from '@/api/types';
import { formatDateTime } from '@/lib/format';
import { SecretOnce } from '../parts/secret-once';

export function OwnerLinkOnce({ name, link, onClose }: { name: string; link: OwnerLink; onClose: () => void }) {
  return (
    <SecretOnce
      title={`The owner of ${name}`}
      what="link"
      text={window.location.origin + link.path}
      hint={`Send it to whoever is to own ${name}. Whoever has it becomes the owner, once, until ${formatDateTime(link.expiresAt)}.`}
      onClose={onClose}
    />
  );
}

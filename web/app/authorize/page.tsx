import type { Metadata } from 'next';
import { Consent } from '@/features/identity/consent-form';
import { SessionGate } from '@/features/identity/session-gate';

export const metadata: Metadata = { title: 'Allow an application' };

export default function AuthorizePage() {
  return (
    <SessionGate>
      <Consent />
    </SessionGate>
  );
}

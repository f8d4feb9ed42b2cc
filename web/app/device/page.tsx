import type { Metadata } from 'next';
import { Device } from '@/features/identity/device-form';
import { SessionGate } from '@/features/identity/session-gate';

export const metadata: Metadata = { title: 'Connect a device' };

export default function DevicePage() {
  return (
    <SessionGate>
      <Device />
    </SessionGate>
  );
}

import type { Metadata } from 'next';
import { SsoConnections } from '@/features/settings/sso/sso-connections';

export const metadata: Metadata = { title: 'Single sign-on' };

export default function SsoPage() {
  return <SsoConnections />;
}

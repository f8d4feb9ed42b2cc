import type { Metadata } from 'next';
import { Profile } from '@/features/settings/profile/profile';

export const metadata: Metadata = { title: 'Settings' };

export default function SettingsPage() {
  return <Profile />;
}

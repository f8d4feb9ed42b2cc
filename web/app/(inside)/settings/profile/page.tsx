import type { Metadata } from 'next';
import { Profile } from '@/features/settings/profile/profile';

export const metadata: Metadata = { title: 'Profile and security' };

export default function ProfilePage() {
  return <Profile />;
}

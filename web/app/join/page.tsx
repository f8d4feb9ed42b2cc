import type { Metadata } from 'next';
import { Join } from '@/features/identity/join-form';

export const metadata: Metadata = { title: 'Join' };

export default function JoinPage() {
  return <Join />;
}

import type { Metadata } from 'next';
import { Suspense } from 'react';
import { Members } from '@/features/settings/members/members';

export const metadata: Metadata = { title: 'Members' };

export default function MembersPage() {
  return (
    <Suspense>
      <Members />
    </Suspense>
  );
}

import type { Metadata } from 'next';
import { Suspense } from 'react';
import { Access } from '@/features/settings/access/access';

export const metadata: Metadata = { title: 'Access' };

export default function AccessPage() {
  return (
    <Suspense>
      <Access />
    </Suspense>
  );
}

import type { Metadata } from 'next';
import { Suspense } from 'react';
import { Roles } from '@/features/settings/roles/roles';

export const metadata: Metadata = { title: 'Roles' };

export default function RolesPage() {
  return (
    <Suspense>
      <Roles />
    </Suspense>
  );
}

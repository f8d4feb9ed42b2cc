import type { Metadata } from 'next';
import { Suspense } from 'react';
import { DocumentScreen } from '@/features/knowledge/document-view';

export const metadata: Metadata = { title: 'Document' };

export default function DocumentPage() {
  return (
    <Suspense>
      <DocumentScreen />
    </Suspense>
  );
}

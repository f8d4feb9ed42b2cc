import type { Metadata } from 'next';
import { Suspense } from 'react';
import { BaseScreen } from '@/features/knowledge/base-view';

export const metadata: Metadata = { title: 'Knowledge base' };

export default function KnowledgeBasePage() {
  return (
    <Suspense>
      <BaseScreen />
    </Suspense>
  );
}

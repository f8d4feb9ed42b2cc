import type { Metadata } from 'next';
import { BasesList } from '@/features/knowledge/bases-list';

export const metadata: Metadata = { title: 'Knowledge' };

export default function KnowledgePage() {
  return <BasesList />;
}

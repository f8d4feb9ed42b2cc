import type { Metadata } from 'next';
import { ApprovalsList } from '@/features/approvals/approvals-list';

export const metadata: Metadata = { title: 'Approvals' };

export default function ApprovalsPage() {
  return <ApprovalsList />;
}

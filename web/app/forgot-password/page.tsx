import type { Metadata } from 'next';
import { ForgotPassword } from '@/features/identity/forgot-password-form';

export const metadata: Metadata = { title: 'Forgotten password' };

export default function ForgotPasswordPage() {
  return <ForgotPassword />;
}

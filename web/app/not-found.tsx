import type { Metadata } from 'next';
import { Link } from '@/lib/nav';
import { Brand } from '@/ui/brand';
import { buttonClass } from '@/ui/button';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-6 text-center">
      <Brand />
      <h1 className="mt-4 text-20 font-semibold">There is no page here</h1>
      <p className="max-w-[46ch] text-muted">The address may be mistyped, or what it named may be gone.</p>
      <Link href="/" className={buttonClass('primary', 'mt-2')}>Go to the overview</Link>
    </main>
  );
}

'use client';

import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="mx-auto w-full max-w-[640px] px-4 py-16">
      <h1 className="mb-4 text-20 font-semibold">This page broke</h1>
      <Notice
        live
        tone="bad"
        title="Something in this page failed. Runs are not touched by it; they go on at the server."
        actions={<Button onClick={reset}>Show the page again</Button>}
      >
        {error.message}
      </Notice>
    </main>
  );
}

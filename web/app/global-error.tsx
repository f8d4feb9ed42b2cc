'use client';

import './globals.css';

/** The last resort, when the frame itself failed: it may use nothing but plain elements. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>CodexOS</title>
        <main className="mx-auto max-w-[640px] px-4 py-16">
          <h1 className="text-20 font-semibold">CodexOS could not show this page</h1>
          <p className="my-3 text-muted">Runs are not touched by it; they go on at the server.</p>
          <button type="button" onClick={reset} className="h-9 rounded-sm border border-line-strong bg-raised px-3">
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}

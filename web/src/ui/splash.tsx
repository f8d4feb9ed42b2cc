import { Brand } from './brand';

/** What stands on the page for the blink it takes to learn who is there, or while the server is away. */
export function Splash({ problem }: { problem: string | null }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 px-6 text-center">
      <h1><Brand /></h1>
      <p role="status" className="max-w-[44ch] text-muted">{problem ?? 'Opening…'}</p>
    </main>
  );
}

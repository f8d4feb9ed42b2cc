import type { Metadata } from 'next';
import { RunScreen } from './run-screen';

export const metadata: Metadata = { title: 'Run' };

/** One exported file serves every run; the id is read from the address. */
export const generateStaticParams = () => [{ id: '_' }];

export default function RunPage() {
  return <RunScreen />;
}

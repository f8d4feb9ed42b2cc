import type { ReactNode } from 'react';
import { CopyButton } from './copy-button';

/** Names with what they stand for, one to a line. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="divide-y">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-4 px-4 py-1.5">
      <dt className="w-28 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 flex-1 basis-44 wrap-anywhere">{children}</dd>
    </div>
  );
}

export function Id({ value, label = 'Copy id' }: { value: string; label?: string }) {
  return (
    <span className="num inline-flex max-w-full items-center gap-1 text-12 text-muted">
      <span className="truncate">{value}</span>
      <CopyButton text={value} label={label} />
    </span>
  );
}

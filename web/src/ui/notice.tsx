import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

interface NoticeProps {
  tone: 'bad' | 'warn' | 'info';
  title: string;
  children?: ReactNode;
  code?: string | null;
  actions?: ReactNode;
  /** Announced at once by a screen reader. Leave out for what was there when the page opened. */
  live?: boolean;
  className?: string;
}

export function Notice({ tone, title, children, code, actions, live, className }: NoticeProps) {
  const Icon = tone === 'bad' ? CircleAlert : tone === 'warn' ? TriangleAlert : Info;
  return (
    <div
      role={live ? 'alert' : undefined}
      className={cx(
        'flex gap-3 rounded-md border bg-surface px-4 py-3',
        tone === 'bad' && 'border-bad/45',
        tone === 'warn' && 'border-warn/45',
        className,
      )}
    >
      <Icon
        aria-hidden
        size={16}
        className={cx('mt-0.5 shrink-0', tone === 'bad' ? 'text-bad' : tone === 'warn' ? 'text-warn' : 'text-accent')}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {children && <div className="mt-0.5 text-muted wrap-anywhere">{children}</div>}
        {code && <p className="num mt-1 text-11 text-faint">{code}</p>}
        {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

export function Empty({ title, children, actions }: EmptyProps) {
  return (
    <div className="px-4 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="mx-auto mt-1 max-w-[56ch] text-muted">{children}</div>}
      {actions && <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

/** Grey bars in the place of rows that are on their way. */
export function SkeletonRows({ rows = 5, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="divide-y">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center gap-4 px-4">
          <span className="h-2.5 w-4 animate-pulse-soft rounded-sm bg-line" />
          <span className={cx('h-2.5 animate-pulse-soft rounded-sm bg-line', ['w-2/5', 'w-1/3', 'w-1/2'][row % 3])} />
          <span className="ml-auto h-2.5 w-16 animate-pulse-soft rounded-sm bg-line" />
        </div>
      ))}
    </div>
  );
}

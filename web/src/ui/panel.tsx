import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

interface PanelProps {
  title?: string;
  /** Small words or controls at the right of the title. */
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  bodyClassName?: string;
}

/** One surface with a hairline round it. Its parts are divided by hairlines too, never by boxes in boxes. */
export function Panel({ title, aside, children, className, bodyClassName }: PanelProps) {
  return (
    <section className={cx('min-w-0 overflow-hidden rounded-md border bg-surface', className)}>
      {title && (
        <header className="flex min-h-9 items-center gap-3 border-b px-4">
          <h2 className="min-w-0 flex-1 truncate text-12 font-medium text-muted">{title}</h2>
          {aside && <div className="flex shrink-0 items-center gap-2 text-12 text-faint">{aside}</div>}
        </header>
      )}
      <div className={bodyClassName}>{children}</div>
    </section>
  );
}

interface PageHeadProps {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
}

export function PageHead({ title, lead, actions }: PageHeadProps) {
  return (
    <div className="mb-5 flex flex-wrap items-start gap-x-4 gap-y-3">
      <div className="min-w-0 flex-1 basis-60">
        <h1 tabIndex={-1} className="text-20 font-semibold tracking-[-0.015em]">
          {title}
        </h1>
        {lead && <div className="mt-0.5 max-w-[70ch] text-13 text-muted">{lead}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

/** Figures divided by hairlines, in as many rows as they need; on a narrow screen in two columns. */
export function Figures({ items }: { items: { label: string; value: ReactNode; note?: ReactNode; wide?: boolean }[] }) {
  return (
    <dl className="flex flex-wrap gap-px overflow-hidden rounded-md border bg-line">
      {items.map((item) => (
        <div
          key={item.label}
          className={cx(
            'min-w-0 max-w-full grow bg-surface px-4 py-2.5',
            item.wide ? 'max-md:basis-full' : 'max-md:basis-[calc(50%-1px)]',
          )}
        >
          <dt className="truncate text-11 text-faint">{item.label}</dt>
          <dd className="num truncate text-15 text-fg">{item.value}</dd>
          {item.note && <dd className="truncate text-11 text-faint">{item.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

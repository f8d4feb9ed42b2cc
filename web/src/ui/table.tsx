import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

export interface Column<T> {
  title: string;
  cell: (item: T) => ReactNode;
  className?: string;
  /** On a narrow screen the cell stands without its title. */
  bare?: boolean;
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  items: T[];
  keyOf: (item: T) => string;
  actions?: (item: T) => ReactNode;
}

/**
 * A table where there is room for one. On a narrow screen each row becomes a block: its first cell is the heading, the
 * others follow with their titles. The roles are written out, since `display` would take them away.
 */
/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role */
export function Table<T>({ label, columns, items, keyOf, actions }: TableProps<T>) {
  return (
    <table role="table" aria-label={label} className="w-full border-collapse text-left max-md:block">
      <thead role="rowgroup" className="max-md:sr-only">
        <tr role="row" className="border-b">
          {columns.map((column) => (
            <th key={column.title} role="columnheader" scope="col" className="h-8 px-4 text-11 font-medium whitespace-nowrap text-faint">
              {column.title}
            </th>
          ))}
          {actions && <th role="columnheader" scope="col" className="w-px"><span className="sr-only">Actions</span></th>}
        </tr>
      </thead>
      <tbody role="rowgroup" className="divide-y max-md:block">
        {items.map((item) => (
          <tr key={keyOf(item)} role="row" className="max-md:relative max-md:flex max-md:flex-wrap max-md:items-baseline max-md:gap-x-4 max-md:gap-y-1 max-md:px-4 max-md:py-3">
            {columns.map((column, index) => (
              <td
                key={column.title}
                role="cell"
                className={cx(
                  'min-w-0 align-middle wrap-anywhere max-md:flex max-md:items-baseline max-md:gap-2 md:px-4 md:py-2',
                  index === 0 && 'max-md:basis-full',
                  index === 0 && actions && 'max-md:pr-12',
                  column.className,
                )}
              >
                {index > 0 && !column.bare && (
                  <span aria-hidden className="shrink-0 text-12 text-faint md:hidden">{column.title}</span>
                )}
                <div className="min-w-0">{column.cell(item)}</div>
              </td>
            ))}
            {actions && (
              <td role="cell" className="max-md:absolute max-md:top-2 max-md:right-2 md:py-1 md:pr-2">
                <div className="flex items-center justify-end gap-1">{actions(item)}</div>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

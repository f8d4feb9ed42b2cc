'use client';

import { Ellipsis } from 'lucide-react';
import { DropdownMenu as Menu } from 'radix-ui';
import { cx } from '@/lib/cx';

export interface MenuAction {
  label: string;
  onSelect: () => void;
  tone?: 'danger';
}

/** What can be done with a thing, behind three dots. Nothing at all where there is nothing. */
export function ActionMenu({ label, actions }: { label: string; actions: MenuAction[] }) {
  if (actions.length === 0) return null;
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={label}
        title={label}
        className="inline-flex size-7 shrink-0 items-center justify-center rounded-sm text-muted hover:bg-hover hover:text-fg coarse:size-11"
      >
        <Ellipsis aria-hidden size={15} />
      </Menu.Trigger>
      <Menu.Content align="end" sideOffset={4} collisionPadding={8} className="z-40 min-w-44 rounded-md bg-raised p-1 shadow-overlay">
        {actions.map((action) => (
          <Menu.Item
            key={action.label}
            onSelect={action.onSelect}
            className={cx(
              'flex h-8 items-center rounded-sm px-2.5 whitespace-nowrap outline-none data-[highlighted]:bg-hover coarse:h-11',
              action.tone === 'danger' && 'text-bad',
            )}
          >
            {action.label}
          </Menu.Item>
        ))}
      </Menu.Content>
    </Menu.Root>
  );
}

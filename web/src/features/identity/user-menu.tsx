'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react';
import { DropdownMenu as Menu } from 'radix-ui';
import type { ReactNode } from 'react';
import { signOut } from '@/api/calls';
import { messageOf } from '@/api/errors';
import { meQuery } from '@/api/queries';
import { useNavigate } from '@/lib/nav';
import { setTheme, useTheme, type Theme } from '@/lib/theme';
import { toast } from '@/ui/toasts';

const item =
  'flex h-8 items-center gap-2.5 rounded-sm px-2.5 outline-none data-[highlighted]:bg-hover coarse:h-11 data-[state=checked]:text-accent';
const themeIcons: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };
const themeNames: Record<Theme, string> = { system: 'System theme', light: 'Light', dark: 'Dark' };

export function UserMenu({ compact }: { compact?: boolean }) {
  const navigate = useNavigate();
  const me = useQuery(meQuery());
  const theme = useTheme();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: (further) => {
      if (further) window.location.assign(further);
    },
    onError: (error) => toast('bad', messageOf(error)),
  });
  const name = me.data?.user.displayName ?? '…';
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        className="flex w-full min-w-0 items-center gap-2.5 rounded-sm p-1.5 text-left hover:bg-hover coarse:min-h-11"
      >
        <span aria-hidden={!compact} className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-11 font-semibold text-accent">
          {initials(name)}
        </span>
        {!compact && (
          <span className="min-w-0 flex-1">
            <span className="block truncate text-12 font-medium">{name}</span>
            <span className="block truncate text-11 text-faint">{me.data?.tenant.name}</span>
          </span>
        )}
        <span className="sr-only">Account menu</span>
      </Menu.Trigger>
      {/* In place rather than in a portal: what it shows belongs to the landmark it stands in. */}
      <Menu.Content
        align={compact ? 'end' : 'start'}
        sideOffset={6}
        collisionPadding={8}
        className="z-40 w-56 rounded-md bg-raised p-1 shadow-overlay"
      >
        <Menu.Label className="truncate px-2.5 py-1.5 text-12 text-muted">{me.data?.user.email}</Menu.Label>
        <Divider />
        <Menu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
          {(Object.keys(themeNames) as Theme[]).map((value) => {
            const Icon = themeIcons[value];
            return (
              <Menu.RadioItem key={value} value={value} className={item} onSelect={(event) => event.preventDefault()}>
                <Icon aria-hidden size={14} /> {themeNames[value]}
              </Menu.RadioItem>
            );
          })}
        </Menu.RadioGroup>
        <Divider />
        <MenuItem icon={<Settings aria-hidden size={14} />} onSelect={() => navigate.go('/settings')}>Settings</MenuItem>
        <MenuItem icon={<LogOut aria-hidden size={14} />} onSelect={() => leave.mutate()}>Sign out</MenuItem>
      </Menu.Content>
    </Menu.Root>
  );
}

function MenuItem({ icon, onSelect, children }: { icon: ReactNode; onSelect: () => void; children: string }) {
  return (
    <Menu.Item className={item} onSelect={onSelect}>
      {icon} {children}
    </Menu.Item>
  );
}

const Divider = () => <Menu.Separator className="my-1 h-px bg-line" />;

const initials = (name: string) =>
  name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0]?.toUpperCase() ?? '').join('') || '?';

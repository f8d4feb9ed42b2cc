'use client';

import { useQuery } from '@tanstack/react-query';
import { Keyboard, Search } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { approvalsQuery } from '@/api/queries';
import { cx } from '@/lib/cx';
import { Link, useNavigate, usePathname } from '@/lib/nav';
import { Brand } from '@/ui/brand';
import { IconButton } from '@/ui/button';
import { Kbd } from '@/ui/kbd';
import { Toasts } from '@/ui/toasts';
import { isHere, places, type Place } from './commands';
import { useShortcuts } from './shortcuts';

const Palette = lazy(() => import('./palette'));
const Help = lazy(() => import('./help'));

interface ShellProps {
  children: ReactNode;
  /** The account menu is another feature's; the layout passes it in, once wide and once as an icon. */
  account: ReactNode;
  accountCompact: ReactNode;
}

export function Shell({ children, account, accountCompact }: ShellProps) {
  const { go } = useNavigate();
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null);
  const openPalette = useCallback(() => setOverlay('palette'), []);
  const openHelp = useCallback(() => setOverlay('help'), []);
  const close = () => setOverlay(null);
  useShortcuts({ go, openPalette, openHelp });
  const main = useFocusOnNavigation();

  return (
    <div className="min-h-dvh md:pl-[204px]">
      <a
        href="#main"
        className="sr-only z-50 rounded-sm bg-accent px-3 py-2 text-accent-fg focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside className="fixed inset-y-0 left-0 z-20 hidden w-[204px] flex-col border-r bg-surface md:flex">
        <div className="flex h-12 items-center px-4"><Brand /></div>
        <div className="px-2.5 pb-2">
          <button
            type="button"
            onClick={openPalette}
            className="flex h-8 w-full items-center gap-2 rounded-sm border px-2 text-12 text-faint hover:border-line-strong hover:text-muted"
          >
            <Search aria-hidden size={13} />
            <span className="flex-1 text-left">Find or go to</span>
            <Kbd>Ctrl K</Kbd>
          </button>
        </div>
        <nav aria-label="Main" className="flex-1 px-2.5">
          <ul className="space-y-px">
            {places.map((place) => (
              <li key={place.href}><SideLink place={place} /></li>
            ))}
          </ul>
        </nav>
        <div className="flex items-center gap-1 border-t p-2">
          <div className="min-w-0 flex-1">{account}</div>
          <IconButton label="Keyboard shortcuts" icon={<Keyboard aria-hidden size={15} />} onClick={openHelp} />
        </div>
      </aside>

      <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b bg-surface pr-2 pl-4 md:hidden">
        <div className="flex flex-1 items-center"><Brand /></div>
        <IconButton label="Find or go to" icon={<Search aria-hidden size={17} />} onClick={openPalette} className="size-11" />
        <div>{accountCompact}</div>
      </header>

      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-[1280px] px-4 pt-5 pb-24 md:px-7 md:pt-7 md:pb-12"
      >
        {children}
      </main>

      <nav aria-label="Main" className="fixed inset-x-0 bottom-0 z-20 border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
        <ul className="flex">
          {places.map((place) => (
            <li key={place.href} className="min-w-0 flex-1"><TabLink place={place} /></li>
          ))}
        </ul>
      </nav>

      <Suspense>
        {overlay === 'palette' && <Palette onClose={close} openHelp={openHelp} />}
        {overlay === 'help' && <Help onClose={close} />}
      </Suspense>
      <Toasts />
    </div>
  );
}

function SideLink({ place }: { place: Place }) {
  const here = isHere(place, usePathname());
  const Icon = place.icon;
  return (
    <Link
      href={place.href}
      aria-current={here ? 'page' : undefined}
      className={cx(
        'flex h-8 items-center gap-2.5 rounded-sm px-2 transition-colors duration-150',
        here ? 'bg-hover font-medium text-fg' : 'text-muted hover:bg-hover hover:text-fg',
      )}
    >
      <Icon aria-hidden size={15} className={here ? 'text-accent' : undefined} />
      <span className="flex-1">{place.title}</span>
      {place.href === '/approvals' && <WaitingCount />}
    </Link>
  );
}

function TabLink({ place }: { place: Place }) {
  const here = isHere(place, usePathname());
  const Icon = place.icon;
  return (
    <Link
      href={place.href}
      aria-current={here ? 'page' : undefined}
      className={cx('relative flex h-14 flex-col items-center justify-center gap-0.5 text-11', here ? 'font-medium text-fg' : 'text-muted')}
    >
      <Icon aria-hidden size={18} className={here ? 'text-accent' : undefined} />
      <span className="max-w-full truncate">{place.title}</span>
      {place.href === '/approvals' && <span className="absolute top-1 left-1/2 ml-2"><WaitingCount /></span>}
    </Link>
  );
}

function WaitingCount() {
  const approvals = useQuery(approvalsQuery());
  const count = approvals.data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="num inline-flex h-4 min-w-4 items-center justify-center rounded-full bg-warn px-1 text-11 font-medium text-canvas">
      {count}
      {approvals.data?.nextCursor && '+'}
      <span className="sr-only"> waiting</span>
    </span>
  );
}

/** After a change of page the keyboard starts at its content, not at the link that was pressed. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const pathname = usePathname();
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

'use client';

import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSettingsPlaces } from '@/api/permissions';
import { cx } from '@/lib/cx';
import { Link, usePathname } from '@/lib/nav';
import { settingsPlaceAt, type SettingsPlace } from '@/lib/settings-places';

const groups: SettingsPlace['group'][] = ['You', 'Tenant', 'Installation'];

/** The settings beside their navigation: a list where there is room, and otherwise one that opens. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const pathname = usePathname();
  const here = settingsPlaceAt(pathname);
  return (
    <div className="lg:grid lg:grid-cols-[168px_minmax(0,1fr)] lg:gap-8">
      <nav aria-label="Settings" className="max-lg:mb-5">
        <div className="sticky top-7 max-lg:hidden"><Places here={here} /></div>
        <details key={pathname} className="group rounded-md border bg-surface lg:hidden">
          <summary className="flex h-11 list-none items-center gap-2.5 px-4">
            <here.icon aria-hidden size={15} className="text-accent" />
            <span className="flex-1 font-medium">{here.title}</span>
            <span className="text-12 text-faint">All settings</span>
            <ChevronDown aria-hidden size={14} className="text-faint group-open:rotate-180" />
          </summary>
          <div className="border-t px-2 pb-2"><Places here={here} /></div>
        </details>
      </nav>
      <div className="min-w-0">{children}</div>
    </div>
  );
}

function Places({ here }: { here: SettingsPlace }) {
  const places = useSettingsPlaces();
  return groups.map((group) => {
    const inGroup = places.filter((place) => place.group === group);
    return (
      inGroup.length > 0 && (
        <div key={group} className="pt-3 lg:first:pt-0">
          <p className="px-2 pb-1 text-11 text-faint">{group}</p>
          <ul className="space-y-px">
            {inGroup.map((place) => (
              <li key={place.href}>
                <Link
                  href={place.href}
                  aria-current={place === here ? 'page' : undefined}
                  className={cx(
                    'flex h-8 items-center gap-2.5 rounded-sm px-2 transition-colors duration-150 max-lg:h-11',
                    place === here ? 'bg-hover font-medium text-fg' : 'text-muted hover:bg-hover hover:text-fg',
                  )}
                >
                  <place.icon aria-hidden size={15} className={place === here ? 'text-accent' : undefined} />
                  {place.title}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )
    );
  });
}

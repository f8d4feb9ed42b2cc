'use client';

import type { ReactNode } from 'react';
import { Needs } from '@/features/needs';
import { usePathname } from '@/lib/nav';
import { settingsPlaceAt } from '@/lib/settings-places';
import { PageHead } from '@/ui/panel';

interface SettingsPageProps {
  /** Where the page is about one thing; otherwise it is called as in the navigation. */
  title?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of the settings: its head, and its content for whom may see it. */
export function SettingsPage({ title, lead, actions, children }: SettingsPageProps) {
  const place = settingsPlaceAt(usePathname());
  return (
    <Needs permission={place.needs} head={<PageHead title={title ?? place.title} lead={lead ?? place.lead} />}>
      <PageHead title={title ?? place.title} lead={lead ?? place.lead} actions={actions} />
      <div className="space-y-4">{children}</div>
    </Needs>
  );
}

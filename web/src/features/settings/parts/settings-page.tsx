'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useCan } from '@/api/permissions';
import { meQuery } from '@/api/queries';
import { usePathname } from '@/lib/nav';
import { settingsPlaceAt } from '@/lib/settings-places';
import { Empty, SkeletonRows } from '@/ui/notice';
import { PageHead, Panel } from '@/ui/panel';

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

function Needs({ permission, head, children }: { permission: string | null; head: ReactNode; children: ReactNode }) {
  const me = useQuery(meQuery());
  const may = useCan(permission ?? '');
  if (permission === null || may) return children;
  return (
    <>
      {head}
      <Panel>
        {me.data ? (
          <Empty title="Your role does not show you this">
            It takes the permission <code className="num text-fg">{permission}</code>, which {me.data.role} does not hold. Ask an
            owner of {me.data.tenant.name}.
          </Empty>
        ) : (
          <SkeletonRows label="Loading" />
        )}
      </Panel>
    </>
  );
}

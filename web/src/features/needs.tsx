'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useCan } from '@/api/permissions';
import { meQuery } from '@/api/queries';
import { Empty, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';

/** A page for whom may see it; the others are told which permission it takes. */
export function Needs({ permission, head, children }: { permission: string | null; head: ReactNode; children: ReactNode }) {
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

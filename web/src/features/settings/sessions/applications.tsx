'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { revokeApplication } from '@/api/calls';
import { messageOf } from '@/api/errors';
import { applicationsQuery, keys } from '@/api/queries';
import type { Application } from '@/api/types';
import { Button } from '@/ui/button';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Ago } from '@/ui/time';

/** The applications that the person let act for them, to take it back. */
export function Applications() {
  const applications = useQuery(applicationsQuery());
  return (
    <Panel title="Applications">
      {applications.isPending && <SkeletonRows rows={2} label="Loading the applications" />}
      {applications.error && !applications.data && <Notice tone="bad" className="m-3" title={messageOf(applications.error)} />}
      {applications.data?.length === 0 && <Empty title="No application acts for you">Those that you allow something are listed here.</Empty>}
      {applications.data && applications.data.length > 0 && (
        <ul className="divide-y">
          {applications.data.map((each) => <Row key={each.id} application={each} />)}
        </ul>
      )}
    </Panel>
  );
}

function Row({ application }: { application: Application }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeApplication(application.id),
    onSettled: () => client.invalidateQueries({ queryKey: keys.applications }),
  });
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{application.name}</p>
        <p className="text-12 text-muted">allowed <Ago at={application.allowedAt} />, used <Ago at={application.lastUsedAt} /></p>
        <p className="mt-1 flex flex-wrap gap-1">{application.scopes.map((scope) => <Tag key={scope}>{scope}</Tag>)}</p>
        {revoke.error && <Notice live tone="bad" className="mt-2" title={messageOf(revoke.error)} />}
      </div>
      <Button tone="danger" busy={revoke.isPending} aria-label={`Take back what ${application.name} may`} onClick={() => revoke.mutate()}>
        Take back
      </Button>
    </li>
  );
}

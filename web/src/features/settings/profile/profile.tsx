'use client';

import { useQuery } from '@tanstack/react-query';
import { meQuery } from '@/api/queries';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Fact, Facts, Id } from '@/ui/facts';
import { PermissionTags } from '../parts/permission-tags';
import { SettingsPage } from '../parts/settings-page';
import { Appearance } from './appearance';
import { SecondFactor } from './second-factor';

export function Profile() {
  return (
    <SettingsPage>
      <Account />
      <SecondFactor />
      <Appearance />
    </SettingsPage>
  );
}

function Account() {
  const me = useQuery(meQuery());
  return (
    <Panel title="Account">
      {me.isPending && <SkeletonRows rows={4} label="Loading the account" />}
      {me.data && (
        <Facts>
          <Fact name="Name">{me.data.user.displayName}</Fact>
          <Fact name="E-mail">{me.data.user.email}</Fact>
          <Fact name="User id"><Id value={me.data.user.id} /></Fact>
          <Fact name="Tenant">{me.data.tenant.name}</Fact>
          <Fact name="Tenant id"><Id value={me.data.tenant.id} /></Fact>
          <Fact name="Role">{me.data.role}</Fact>
          <Fact name="May"><PermissionTags names={me.data.permissions} /></Fact>
          {me.data.grants.length > 0 && (
            <Fact name="And with">
              <ul>
                {me.data.grants.map((grant) => (
                  <li key={grant.resource + grant.permission} className="num text-12">{grant.resource}: {grant.permission}</li>
                ))}
              </ul>
            </Fact>
          )}
        </Facts>
      )}
    </Panel>
  );
}

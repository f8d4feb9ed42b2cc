'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '@/api/queries';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Fact, Facts, Id } from '@/ui/facts';
import { PermissionTags } from '../parts/permission-tags';
import { SettingsPage } from '../parts/settings-page';
import { ChangePassword, Rename } from './account-dialogs';
import { Appearance } from './appearance';
import { Passkeys } from './passkeys';
import { SecondFactor } from './second-factor';

export function Profile() {
  return (
    <SettingsPage>
      <Account />
      <SecondFactor />
      <Passkeys />
      <Appearance />
    </SettingsPage>
  );
}

function Account() {
  const me = useQuery(meQuery());
  const [open, setOpen] = useState<'name' | 'password' | null>(null);
  const close = () => setOpen(null);
  return (
    <Panel
      title="Account"
      aside={
        <>
          <Button disabled={!me.data} onClick={() => setOpen('name')}>Change name</Button>
          <Button disabled={!me.data} onClick={() => setOpen('password')}>Change password</Button>
        </>
      }
    >
      {open === 'name' && me.data && <Rename name={me.data.user.displayName} onClose={close} />}
      {open === 'password' && <ChangePassword onClose={close} />}
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

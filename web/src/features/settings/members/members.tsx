'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { meQuery } from '@/api/queries';
import { membersQuery } from '@/api/settings-queries';
import type { Member } from '@/api/types';
import { plural } from '@/lib/format';
import { useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { ActionMenu, type MenuAction } from '@/ui/menu';
import { Empty } from '@/ui/notice';
import { Status, Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { ListPanel } from '@/features/list-panel';
import { useRolesToGive } from '../parts/role-field';
import { SearchField } from '../parts/search-field';
import { SettingsPage } from '../parts/settings-page';
import { InviteDialog, Invitations } from './invitations';
import { ChangeRole, MemberQuestion, type Question } from './member-dialogs';
import { SignInPolicy } from './sign-in-policy';

export function Members() {
  const mayWrite = useCan('members:write');
  const [inviting, setInviting] = useState(false);
  return (
    <SettingsPage actions={mayWrite && <Button tone="primary" onClick={() => setInviting(true)}>Invite</Button>}>
      <MembersList />
      <Invitations />
      <SignInPolicy />
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </SettingsPage>
  );
}

function MembersList() {
  const url = useUrlState();
  const search = url.get('q') ?? '';
  const me = useQuery(meQuery());
  const members = useInfiniteQuery(membersQuery(search));
  const mayWrite = useCan('members:write');
  const within = useRolesToGive().map((role) => role.name);
  const [asked, setAsked] = useState<{ member: Member; question: Question | 'role' } | null>(null);
  const self = me.data?.user.id;

  const actionsOf = (member: Member): MenuAction[] => {
    if (!mayWrite || member.id === self || !within.includes(member.role)) return [];
    const ask = (label: string, question: Question | 'role', tone?: 'danger') =>
      ({ label, tone, onSelect: () => setAsked({ member, question }) });
    return [
      ask('Change role', 'role'),
      ask('End sessions', 'endSessions'),
      ...(member.secondFactor || member.passkeys > 0 ? [ask('Reset second factor', 'resetSecondFactor')] : []),
      member.state === 'active' ? ask('Disable', 'disable', 'danger') : ask('Enable', 'enable'),
      ask('Remove', 'remove', 'danger'),
    ];
  };

  return (
    <div className="space-y-3">
      <div className="sm:max-w-72">
        <SearchField label="Find a member by name or address" value={search} onSearch={(text) => url.set({ q: text || null })} />
      </div>
      <ListPanel
        label="members"
        list={members}
        columns={columnsFor(self)}
        keyOf={(member) => member.id}
        actions={mayWrite ? (member) => <ActionMenu label={`Actions for ${member.displayName}`} actions={actionsOf(member)} /> : undefined}
        empty={
          <Empty title={`Nobody matches “${search}”`} actions={<Button onClick={() => url.set({ q: null })}>Show all</Button>} />
        }
      />
      {asked?.question === 'role' && <ChangeRole member={asked.member} onClose={() => setAsked(null)} />}
      {asked && asked.question !== 'role' && (
        <MemberQuestion member={asked.member} question={asked.question} onClose={() => setAsked(null)} />
      )}
    </div>
  );
}

const columnsFor = (self: string | undefined): Column<Member>[] => [
  {
    title: 'Member',
    cell: (member) => (
      <>
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{member.displayName}</span>
          {member.id === self && <Tag tone="accent">you</Tag>}
        </span>
        <span className="block text-12 text-muted">{member.email}</span>
      </>
    ),
  },
  { title: 'Role', cell: (member) => <Tag>{member.role}</Tag> },
  { title: 'State', cell: (member) => <Status status={member.state} /> },
  { title: 'Second factor', cell: (member) => factorsOf(member) ?? <span className="text-warn">none</span> },
  { title: 'Last seen', cell: (member) => (member.lastSeenAt ? <Ago at={member.lastSeenAt} /> : <span className="text-faint">never</span>) },
];

/** What a member can show beside a password, in words; null if nothing. */
function factorsOf(member: Member): string | null {
  const passkeys = member.passkeys > 0 ? plural(member.passkeys, 'passkey') : null;
  if (!member.secondFactor) return passkeys;
  return passkeys ? `set up, ${passkeys}` : 'set up';
}

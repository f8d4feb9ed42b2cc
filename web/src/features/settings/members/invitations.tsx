'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { invite, withdrawInvitation } from '@/api/settings-calls';
import { invitationsQuery, settingsKeys } from '@/api/settings-queries';
import type { Invitation } from '@/api/types';
import { EmailField } from '@/ui/field';
import { ActionMenu } from '@/ui/menu';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago, Left } from '@/ui/time';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ListPanel } from '@/features/list-panel';
import { RoleField } from '../parts/role-field';

const columns: Column<Invitation>[] = [
  { title: 'Address', cell: (invitation) => <span className="font-medium">{invitation.email}</span> },
  { title: 'Role', cell: (invitation) => <Tag>{invitation.role}</Tag> },
  { title: 'Sent', cell: (invitation) => <Ago at={invitation.createdAt} /> },
  { title: 'Good for', cell: (invitation) => <Left until={invitation.expiresAt} /> },
];

export function Invitations() {
  const invitations = useInfiniteQuery(invitationsQuery());
  const mayWrite = useCan('members:write');
  const [asked, setAsked] = useState<{ invitation: Invitation; again: boolean } | null>(null);
  return (
    <>
      <ListPanel
        label="open invitations"
        title="Open invitations"
        list={invitations}
        columns={columns}
        keyOf={(invitation) => invitation.id}
        actions={
          mayWrite
            ? (invitation) => (
                <ActionMenu
                  label={`Actions for ${invitation.email}`}
                  actions={[
                    { label: 'Send again', onSelect: () => setAsked({ invitation, again: true }) },
                    { label: 'Withdraw', tone: 'danger', onSelect: () => setAsked({ invitation, again: false }) },
                  ]}
                />
              )
            : undefined
        }
        empty={<p className="px-4 py-3 text-muted">Nobody is invited at present.</p>}
      />
      {asked?.again && <InviteDialog again={asked.invitation} onClose={() => setAsked(null)} />}
      {asked && !asked.again && <Withdraw invitation={asked.invitation} onClose={() => setAsked(null)} />}
    </>
  );
}

/** Invites somebody, or once more: a new invitation of the same address replaces the earlier one. */
export function InviteDialog({ again, onClose }: { again?: Invitation; onClose: () => void }) {
  const [email, setEmail] = useState(again?.email ?? '');
  const [role, setRole] = useState(again?.role ?? 'developer');
  const change = useChange({
    ask: () => invite(email.trim(), role),
    stale: [settingsKeys.invitations],
    done: `${email.trim()} is invited as ${role}.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={again ? 'Send the invitation again' : 'Invite somebody'} action={again ? 'Send again' : 'Invite'} change={change} onClose={onClose}>
      <EmailField
        autoComplete="off"
        readOnly={again !== undefined}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <RoleField value={role} onChange={setRole} />
      <p className="text-12 text-faint">
        The link is in the mail alone and works once.{again && ' The earlier one is dead then.'} A server without a mail server puts its
        mails into the folder “mail” of its data directory.
      </p>
    </FormDialog>
  );
}

function Withdraw({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const change = useChange({
    ask: () => withdrawInvitation(invitation.id),
    stale: [settingsKeys.invitations],
    done: `The invitation of ${invitation.email} is withdrawn.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Withdraw the invitation of ${invitation.email}?`} action="Withdraw" tone="danger" cancel="Keep" change={change} onClose={onClose}>
      <p className="text-muted">The link in their mail opens nothing any more.</p>
    </FormDialog>
  );
}

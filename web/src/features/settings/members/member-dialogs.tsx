'use client';

import { useState } from 'react';
import { endMemberSessions, removeMember, resetSecondFactor, updateMember } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { Member } from '@/api/types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { RoleField } from '../parts/role-field';

interface DialogProps {
  member: Member;
  onClose: () => void;
}

export function ChangeRole({ member, onClose }: DialogProps) {
  const [role, setRole] = useState(member.role);
  const change = useChange({
    ask: () => updateMember(member.id, { role }),
    stale: [settingsKeys.members],
    done: `${member.displayName} is ${role} now.`,
    onDone: onClose,
  });
  return (
    <FormDialog title={`Role of ${member.displayName}`} action="Change role" change={change} onClose={onClose} disabled={role === member.role}>
      <RoleField value={role} onChange={setRole} />
      <p className="text-12 text-faint">It counts from their next request on, for their API keys too.</p>
    </FormDialog>
  );
}

export type Question = 'disable' | 'enable' | 'remove' | 'endSessions' | 'resetSecondFactor';

interface Asking {
  title: string;
  action: string;
  text: string;
  done: string;
  ask: (member: Member) => Promise<unknown>;
}

const questions: Record<Question, Asking> = {
  disable: {
    title: 'Disable', action: 'Disable', done: 'is disabled.',
    text: 'Their sessions and API keys open nothing from the next request on. Nothing is lost, and you can enable them again.',
    ask: (member) => updateMember(member.id, { state: 'disabled' }),
  },
  enable: {
    title: 'Enable', action: 'Enable', done: 'is enabled.',
    text: 'They can sign in again, and their API keys work again.',
    ask: (member) => updateMember(member.id, { state: 'active' }),
  },
  remove: {
    title: 'Remove', action: 'Remove', done: 'was removed.',
    text: 'They lose their sessions, API keys, grants and the invitations they sent, for good. What they did stays in the audit log.',
    ask: (member) => removeMember(member.id),
  },
  endSessions: {
    title: 'End the sessions of', action: 'End sessions', done: 'is signed out.',
    text: 'They are signed out on every device, and the applications that they let act for them lose their access. They can sign in again; their API keys go on working.',
    ask: (member) => endMemberSessions(member.id),
  },
  resetSecondFactor: {
    title: 'Reset the second factor of', action: 'Reset', done: 'has no second factor and no passkeys until new ones are set up.',
    text: 'For somebody who lost their authenticator or passkeys, and their recovery codes. Their passkeys are removed too. Until they set up others, their password alone lets them in: make sure that it is they who ask.',
    ask: (member) => resetSecondFactor(member.id),
  },
};

/** Asks before something is done with a member. */
export function MemberQuestion({ member, question, onClose }: DialogProps & { question: Question }) {
  const { title, action, text, done, ask } = questions[question];
  const change = useChange({
    ask: () => ask(member),
    stale: [settingsKeys.members, settingsKeys.invitations],
    done: `${member.displayName} ${done}`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`${title} ${member.displayName}?`}
      action={action}
      tone={question === 'enable' ? 'primary' : 'danger'}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">{text}</p>
    </FormDialog>
  );
}

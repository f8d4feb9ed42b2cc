import {
  Ban, CircleCheck, CircleDashed, CircleHelp, CircleX, Clock, CirclePause, Hand, LoaderCircle, Undo2, type LucideIcon,
} from 'lucide-react';
import { cx } from '@/lib/cx';

type Look = { label: string; icon: LucideIcon; className: string; spins?: boolean };

const looks = new Map<string, Look>([
  ['queued', { label: 'Queued', icon: CircleDashed, className: 'text-muted' }],
  ['running', { label: 'Running', icon: LoaderCircle, className: 'text-run', spins: true }],
  ['paused', { label: 'Paused', icon: CirclePause, className: 'text-warn' }],
  ['waiting', { label: 'Waiting', icon: Hand, className: 'text-warn' }],
  ['inDoubt', { label: 'In doubt', icon: CircleHelp, className: 'text-warn' }],
  ['completed', { label: 'Completed', icon: CircleCheck, className: 'text-ok' }],
  ['failed', { label: 'Failed', icon: CircleX, className: 'text-bad' }],
  ['cancelled', { label: 'Cancelled', icon: Ban, className: 'text-muted' }],
  ['pending', { label: 'Pending', icon: Hand, className: 'text-warn' }],
  ['approved', { label: 'Approved', icon: CircleCheck, className: 'text-ok' }],
  ['denied', { label: 'Denied', icon: Ban, className: 'text-bad' }],
  ['withdrawn', { label: 'Withdrawn', icon: Undo2, className: 'text-muted' }],
  ['expired', { label: 'Expired', icon: Clock, className: 'text-muted' }],
  ['unread', { label: 'Not read yet', icon: Clock, className: 'text-warn' }],
  ['indexed', { label: 'Findable', icon: CircleCheck, className: 'text-ok' }],
  ['ready', { label: 'Ready', icon: CircleCheck, className: 'text-ok' }],
  ['changed', { label: 'Changed', icon: CircleHelp, className: 'text-warn' }],
  ['idle', { label: 'Idle', icon: CircleDashed, className: 'text-muted' }],
  ['incomplete', { label: 'Incomplete', icon: CircleHelp, className: 'text-warn' }],
  ['done', { label: 'Done', icon: CircleCheck, className: 'text-ok' }],
  ['active', { label: 'Active', icon: CircleCheck, className: 'text-ok' }],
  ['disabled', { label: 'Disabled', icon: Ban, className: 'text-warn' }],
  ['revoked', { label: 'Revoked', icon: Ban, className: 'text-muted' }],
  ['retiring', { label: 'Retiring', icon: Clock, className: 'text-warn' }],
  ['retired', { label: 'Retired', icon: CircleDashed, className: 'text-muted' }],
  ['destroyed', { label: 'Destroyed', icon: CircleX, className: 'text-muted' }],
]);

export const statusLabel = (status: string) => looks.get(status)?.label ?? status;

interface StatusProps {
  status: string;
  testId?: string;
  iconOnly?: boolean;
  className?: string;
}

/** A state is always an icon and a word; the colour only repeats what they say. */
export function Status({ status, testId, iconOnly, className }: StatusProps) {
  const look = looks.get(status) ?? { label: status, icon: CircleDashed, className: 'text-muted' };
  const Icon = look.icon;
  return (
    <span
      data-testid={testId}
      data-status={status}
      className={cx('inline-flex items-center gap-1.5 whitespace-nowrap text-12 font-medium', look.className, className)}
    >
      <Icon aria-hidden size={14} className={cx('shrink-0', look.spins && 'animate-spin')} />
      <span className={cx(iconOnly && 'sr-only')}>{look.label}</span>
    </span>
  );
}

export function Tag({ children, tone = 'plain' }: { children: React.ReactNode; tone?: 'plain' | 'warn' | 'accent' }) {
  return (
    <span
      className={cx(
        'num inline-flex h-5 items-center gap-1 rounded-sm border px-1.5 text-11 whitespace-nowrap',
        tone === 'plain' && 'border-line text-muted',
        tone === 'warn' && 'border-warn/45 text-warn',
        tone === 'accent' && 'border-accent/45 text-accent',
      )}
    >
      {children}
    </span>
  );
}

/** Says where the words came from, wherever a model is named. */
export function ModelTag({ model, isReal }: { model: string | null; isReal: boolean }) {
  if (model === null) return <span className="text-faint">—</span>;
  const provider = model.split(':')[0] ?? '';
  const word = provider === 'replay' ? 'replay' : 'scripted';
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      <span className="num truncate">{model}</span>
      {!isReal && (
        <Tag tone="warn">
          <span className="sr-only">not a real model: </span>
          {word}
        </Tag>
      )}
    </span>
  );
}

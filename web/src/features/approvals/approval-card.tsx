'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban, Check, ShieldQuestion } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { decideApproval } from '@/api/calls';
import { ApiError, messageOf } from '@/api/errors';
import { useCanOnRun } from '@/api/permissions';
import { keys } from '@/api/queries';
import type { Question } from '@/api/question-types';
import type { Approval } from '@/api/types';
import { useNow } from '@/lib/clock';
import { cx } from '@/lib/cx';
import { formatDateTime } from '@/lib/format';
import { isRecord, prettyJson } from '@/lib/json';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { DiffView } from '@/ui/diff-view';
import { TextField } from '@/ui/field';
import { Status, Tag } from '@/ui/status';
import { toast } from '@/ui/toasts';
import { Left } from '@/ui/time';
import { QuestionForm } from './question-form';

interface ApprovalCardProps {
  approval: Approval;
  decision?: { by: string | null; note: string | null; at: string | null };
  /** A link to the run, where the card does not already stand in it. */
  origin?: ReactNode;
}

/** What an agent wants to do, exactly, and the two buttons that answer it; or what it is asked, and the form of the answer. */
export function ApprovalCard({ approval, decision, origin }: ApprovalCardProps) {
  const titleId = useId();
  const now = useNow(approval.state === 'pending');
  const isExpired = approval.state === 'pending' && approval.expiresAt !== null && Date.parse(approval.expiresAt) < now;
  const state = isExpired ? 'expired' : approval.state;
  const isPending = state === 'pending';
  return (
    <section
      aria-labelledby={titleId}
      data-testid={`approval-${approval.id}`}
      data-state={state}
      className={cx('overflow-hidden rounded-md border bg-surface', isPending && 'border-warn/50')}
    >
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5">
        <ShieldQuestion aria-hidden size={16} className={cx('shrink-0', isPending ? 'text-warn' : 'text-faint')} />
        <h2 id={titleId} className="min-w-0 flex-1 basis-48 font-medium wrap-anywhere">{approval.title}</h2>
        <Tag>{approval.tool}</Tag>
        {isPending && approval.expiresAt !== null && (
          <span className="text-12 text-warn"><Left until={approval.expiresAt} /></span>
        )}
        {!isPending && <Status status={state} />}
      </header>
      <div className="space-y-3 px-4 py-3">
        {origin}
        {approval.question && <Asked question={approval.question} />}
        {approval.why && <Why text={approval.why} isViolation={approval.isViolation ?? false} />}
        <ArgumentList value={approval.arguments} />
        {approval.preview?.diff && <DiffView diff={approval.preview.diff} />}
        {isPending && approval.question ? (
          <QuestionForm approval={approval} question={approval.question} />
        ) : isPending ? (
          <Decide approval={approval} />
        ) : (
          decision && (
            <p className="text-12 text-muted">
              {state === 'expired' ? 'Not answered in time' : `${wordOf(state, approval.question)} by ${decision.by}`}
              {decision.at && ` · ${formatDateTime(decision.at)}`}
              {decision.note && ` · “${decision.note}”`}
            </p>
          )
        )}
      </div>
    </section>
  );
}

const wordOf = (state: string, question: Question | null | undefined) =>
  state === 'withdrawn' ? 'Taken back' : question ? (state === 'approved' ? 'Answered' : 'Declined') : state === 'approved' ? 'Approved' : 'Denied';

/** What a server wants to know, in its own words, and who it is. */
function Asked({ question }: { question: Question }) {
  return (
    <div>
      <p className="text-12 text-muted">{question.from} asks</p>
      <p className="wrap-anywhere whitespace-pre-wrap">{question.message}</p>
    </div>
  );
}

/** Why somebody is asked: the rules in whose way the call stands, which approving it sets aside this once. */
function Why({ text, isViolation }: { text: string; isViolation: boolean }) {
  return (
    <div className={cx('rounded-sm border bg-well px-3 py-2', isViolation && 'border-warn/45')}>
      {isViolation && <p className="mb-1 text-12 font-medium text-warn">Approving this sets a rule aside, this once.</p>}
      {text.split('; ').map((reason) => <p key={reason} className="wrap-anywhere">{reason}</p>)}
    </div>
  );
}

function Decide({ approval }: { approval: Approval }) {
  const [note, setNote] = useState('');
  const client = useQueryClient();
  const mayApprove = useCanOnRun('runs:approve', approval.runId);
  const decide = useMutation({
    mutationFn: (approve: boolean) =>
      decideApproval(approval, { approve, argumentsHash: approval.argumentsHash, note: note.trim() || undefined }),
    onSuccess: (_, approve) => toast('ok', approve ? 'Approved. The run goes on.' : 'Denied. The agent is told so.'),
    onError: (error) => toast('bad', messageOf(error)),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.approvals });
      void client.invalidateQueries({ queryKey: keys.runs });
    },
  });
  if (!mayApprove) return <p className="text-12 text-muted">Your role may look at approvals, not decide them.</p>;

  const isOver = decide.isSuccess || (decide.error instanceof ApiError && [409, 410].includes(decide.error.status));
  const button = (approve: boolean) => ({
    busy: decide.isPending && decide.variables === approve,
    disabled: decide.isPending || isOver,
    onClick: () => decide.mutate(approve),
  });
  return (
    <div className="flex flex-wrap items-end gap-2">
      <div className="min-w-0 flex-1 basis-56">
        <TextField
          label="Note (optional)"
          placeholder="Told to the agent and kept in the journal"
          value={note}
          maxLength={1000}
          disabled={decide.isPending || isOver}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
      <div className="flex gap-2 max-sm:w-full max-sm:[&>button]:flex-1">
        <Button tone="danger" className="h-9" icon={<Ban aria-hidden size={14} />} {...button(false)}>Deny</Button>
        <Button tone="approve" className="h-9" icon={<Check aria-hidden size={14} />} {...button(true)}>Approve</Button>
      </div>
      {decide.error && <p role="alert" className="w-full text-12 text-bad">{messageOf(decide.error)}</p>}
    </div>
  );
}

function ArgumentList({ value }: { value: unknown }) {
  const isFlat = isRecord(value) && Object.values(value).every((item) => typeof item !== 'object');
  if (!isFlat) return <Code text={prettyJson(value)} label="Arguments" />;
  const entries = Object.entries(value);
  if (entries.length === 0) return null;
  return (
    <dl>
      {entries.map(([name, item]) => (
        <div key={name} className="flex gap-3">
          <dt className="num w-20 shrink-0 truncate text-12 text-faint">{name}</dt>
          <dd className="num max-h-60 min-w-0 flex-1 overflow-auto text-12 wrap-anywhere whitespace-pre-wrap">{String(item)}</dd>
        </div>
      ))}
    </dl>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { TriangleAlert, Undo2, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { rollBackRun } from '@/api/calls';
import { rollbackPlanQuery } from '@/api/queries';
import type { RollbackPlan, Run, UndoneStep } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { CheckField, TextField } from '@/ui/field';
import { SkeletonRows } from '@/ui/notice';
import { useControl } from './control-mutation';

const shownMax = 100;

interface RollbackDialogProps {
  run: Run;
  toSeq: number;
  onClose: () => void;
  onDone: () => void;
}

/** Shows what going back would undo, and what it cannot, before anything is done. */
export function RollbackDialog({ run, toSeq, onClose, onDone }: RollbackDialogProps) {
  const plan = useQuery(rollbackPlanQuery(run.id, toSeq));
  const [note, setNote] = useState('');
  const [leave, setLeave] = useState(false);
  const [goOn, setGoOn] = useState(false);
  const rollback = useControl({
    ask: async () => {
      const asked = await rollBackRun(run.id, { toSeq, note: note.trim() || undefined, leaveIrreversible: leave, goOn });
      return asked.run ?? run;
    },
    onDone,
  });
  const isBlocked = !plan.data || (plan.data.irreversible.length > 0 && !leave);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Roll back to event ${toSeq}?`}
      footer={
        <>
          <Button onClick={onClose}>Keep it as it is</Button>
          <Button tone="danger" busy={rollback.isPending} disabled={isBlocked} onClick={() => rollback.mutate()}>Roll back</Button>
        </>
      }
    >
      <form
        className="max-h-[60dvh] space-y-3 overflow-y-auto p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBlocked) rollback.mutate();
        }}
      >
        <p className="text-muted">
          The run becomes what it was then. Everything since stays in the journal and counts for nothing.
        </p>
        {plan.isPending && <SkeletonRows rows={2} label="Finding out what would be undone" />}
        {plan.error && <Failure error={plan.error} />}
        {plan.data && <Plan plan={plan.data} />}
        {plan.data && plan.data.irreversible.length > 0 && (
          <CheckField
            label="Leave what cannot be undone as it is"
            checked={leave}
            onChange={(event) => setLeave(event.target.checked)}
          />
        )}
        {plan.data && (
          <>
            <CheckField
              label="Go on by itself afterwards"
              hint="Otherwise it is paused, and you can look at it first."
              checked={goOn}
              onChange={(event) => setGoOn(event.target.checked)}
            />
            <TextField label="Reason (optional)" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
          </>
        )}
        {rollback.error && <Failure error={rollback.error} />}
      </form>
    </Dialog>
  );
}

function Plan({ plan }: { plan: RollbackPlan }) {
  if (plan.undo.length + plan.irreversible.length === 0) return <p>Nothing that it did since has to be undone.</p>;
  return (
    <>
      <Steps title={`Undone, in this order · ${plural(plan.undo.length, 'step')}`} steps={plan.undo} icon={Undo2} tone="text-muted" />
      <Steps
        title={`Cannot be undone · ${plural(plan.irreversible.length, 'step')}`}
        steps={plan.irreversible}
        icon={TriangleAlert}
        tone="text-warn"
      />
    </>
  );
}

function Steps({ title, steps, icon: Icon, tone }: { title: string; steps: UndoneStep[]; icon: LucideIcon; tone: string }) {
  if (steps.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-12 font-medium text-muted">{title}</h3>
      <ol className="divide-y rounded-sm border">
        {steps.slice(0, shownMax).map((step) => (
          <li key={`${step.step}#${step.occurrence}`} className="num flex items-center gap-2 px-3 py-1.5 text-12">
            <Icon aria-hidden size={13} className={`shrink-0 ${tone}`} />
            <span className="min-w-0 flex-1 wrap-anywhere">{step.step}</span>
            <span className="shrink-0 text-faint">{step.effect}</span>
          </li>
        ))}
        {steps.length > shownMax && <li className="px-3 py-1.5 text-12 text-faint">and {plural(steps.length - shownMax, 'more', 'more')}</li>}
      </ol>
    </section>
  );
}

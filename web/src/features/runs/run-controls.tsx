'use client';

import { MessageSquare, Pause, Play, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { pauseRun, resumeRun } from '@/api/calls';
import { useCanOnRun } from '@/api/permissions';
import { isOpen } from '@/api/queries';
import type { Run, RunStatus } from '@/api/types';
import { Button } from '@/ui/button';
import { CancelRun } from './cancel-run';
import { useControl } from './control-mutation';
import { RetryDialog } from './retry-dialog';

interface RunControlsProps {
  run: Run;
  /** As the journal has it, which may be newer than the run that was fetched. */
  status: RunStatus;
  isPaused: boolean;
  isSteering: boolean;
  onSteer: () => void;
}

/** What a person may want of this run now: by where it stands, and by what they may do. */
export function RunControls({ run, status, isPaused, isSteering, onSteer }: RunControlsProps) {
  const mayControl = useCanOnRun('runs:control', run.id);
  const pause = useControl({ ask: () => pauseRun(run.id) });
  const resume = useControl({ ask: () => resumeRun(run.id) });
  const [retrying, setRetrying] = useState(false);
  const open = isOpen(status);
  return (
    <div role="group" aria-label="Control this run" className="flex flex-wrap items-center gap-2">
      {mayControl && open && !isPaused && (
        <Button icon={<Pause aria-hidden size={13} />} busy={pause.isPending} onClick={() => pause.mutate()}>Pause</Button>
      )}
      {mayControl && open && isPaused && (
        <Button tone="primary" icon={<Play aria-hidden size={13} />} busy={resume.isPending} onClick={() => resume.mutate()}>
          Resume
        </Button>
      )}
      {mayControl && open && (
        <Button icon={<MessageSquare aria-hidden size={13} />} aria-expanded={isSteering} onClick={onSteer}>Steer</Button>
      )}
      {open && <CancelRun runId={run.id} />}
      {mayControl && !open && status !== 'completed' && run.parentId === null && (
        <Button tone="primary" icon={<RotateCcw aria-hidden size={13} />} onClick={() => setRetrying(true)}>Retry</Button>
      )}
      {retrying && <RetryDialog run={run} onClose={() => setRetrying(false)} />}
    </div>
  );
}

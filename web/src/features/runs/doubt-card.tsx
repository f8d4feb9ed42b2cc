'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { resolveStep } from '@/api/calls';
import { messageOf } from '@/api/errors';
import { keys } from '@/api/queries';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toasts';
import type { StepItem } from './timeline-model';

/** A step that was cut off while it may have had an effect. Only a person can say what is true. */
export function DoubtCard({ runId, item }: { runId: string; item: StepItem }) {
  const client = useQueryClient();
  const resolve = useMutation({
    mutationFn: (outcome: 'retry' | 'failed') =>
      resolveStep(runId, item.step, { occurrence: item.occurrence, outcome }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.runs }),
    onError: (error) => toast('bad', messageOf(error)),
  });
  return (
    <Notice
      tone="warn"
      title="It is not known whether this step happened"
      actions={
        <>
          <Button
            icon={<RotateCcw aria-hidden size={14} />}
            busy={resolve.isPending && resolve.variables === 'retry'}
            disabled={resolve.isPending || resolve.isSuccess}
            onClick={() => resolve.mutate('retry')}
          >
            Retry
          </Button>
          <Button
            tone="danger"
            busy={resolve.isPending && resolve.variables === 'failed'}
            disabled={resolve.isPending || resolve.isSuccess}
            onClick={() => resolve.mutate('failed')}
          >
            Mark failed
          </Button>
        </>
      }
    >
      <p>{item.doubt}</p>
      <p>Look at what it would have changed. If nothing happened, retry; if it did or you cannot tell, mark it failed.</p>
    </Notice>
  );
}

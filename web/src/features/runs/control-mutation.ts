'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { keys } from '@/api/queries';
import type { Run } from '@/api/types';
import { toast } from '@/ui/toasts';

interface Control<TInput> {
  /** What the server is asked. */
  ask: (input: TInput) => Promise<Run>;
  /** What is said when it has been done. */
  done?: string;
  onDone?: (run: Run) => void;
}

/** One wish about a run: the answer is the run as it stands then, and everything that lists it looks again. */
export function useControl<TInput = void>({ ask, done, onDone }: Control<TInput>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (run) => {
      client.setQueryData(keys.run(run.id), run);
      if (done) toast('ok', done);
      onDone?.(run);
    },
    onError: (error) => toast('bad', messageOf(error)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.runs }),
  });
}

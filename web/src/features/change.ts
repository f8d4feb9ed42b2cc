import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { toast } from '@/ui/toasts';

interface Change<Asked, Answer> {
  ask: (asked: Asked) => Promise<Answer>;
  /** What is not true any more once it is done. */
  stale: readonly QueryKey[];
  /** Said to the user when it is done. */
  done?: string | ((answer: Answer, asked: Asked) => string);
  onDone?: (answer: Answer) => void;
}

/** A change on the server, after which what was read before is read again. */
export function useChange<Answer, Asked = void>({ ask, stale, done, onDone }: Change<Asked, Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (answer, asked) => {
      for (const queryKey of stale) void client.invalidateQueries({ queryKey });
      if (done) toast('ok', typeof done === 'string' ? done : done(answer, asked));
      onDone?.(answer);
    },
  });
}

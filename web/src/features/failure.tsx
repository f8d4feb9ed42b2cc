import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';

interface FailureProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** What went wrong, in words, with its stable code and what the server said about single fields. */
export function Failure({ error, onRetry, className }: FailureProps) {
  return (
    <Notice
      live
      tone="bad"
      className={className}
      title={messageOf(error)}
      code={error instanceof ApiError ? error.code : null}
      actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      {fieldProblems(error).map((problem) => (
        <p key={problem.path + problem.message}><span className="num">{problem.path}</span>: {problem.message}</p>
      ))}
    </Notice>
  );
}

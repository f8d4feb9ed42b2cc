import { Check, Minus } from 'lucide-react';
import type { ConsentScope } from '@/api/types';

/** What an application asks for, in words; what the person may not do themselves is marked. */
export function ScopeList({ scopes }: { scopes: ConsentScope[] }) {
  return (
    <ul className="divide-y rounded-md border">
      {scopes.map((scope) => (
        <li key={scope.name} className="flex gap-3 px-4 py-2">
          {scope.held ? (
            <Check aria-hidden size={14} className="mt-1 shrink-0 text-ok" />
          ) : (
            <Minus aria-hidden size={14} className="mt-1 shrink-0 text-faint" />
          )}
          <span className="min-w-0">
            {scope.meaning}
            <span className="num block text-11 text-faint">{scope.name}</span>
            {!scope.held && <span className="block text-12 text-muted">You may not do this yourself, so neither may it.</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

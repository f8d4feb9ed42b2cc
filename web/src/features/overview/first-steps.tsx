'use client';

import { useSyncExternalStore } from 'react';
import { Code } from '@/ui/code';

const never = () => () => {};

/** What an empty overview teaches: three steps, the last one copyable. */
export function FirstSteps() {
  const origin = useSyncExternalStore(never, () => window.location.origin, () => '');
  const steps = [
    { title: 'Say a task', text: 'Write it in the box above. The sample workspace has a test that fails.' },
    { title: 'Watch it work', text: 'Each step appears as it happens. Before it commits, the agent asks you.' },
    { title: 'Do it from a program', text: 'The same run over HTTP. Take an access token from POST /api/v1/auth/sign-in.' },
  ];
  const curl = [
    `curl ${origin}/api/v1/agents/repo-engineer/runs \\`,
    `  -H "Authorization: Bearer $TOKEN" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"input":"make the failing test pass","workspace":{"sample":"calc"}}'`,
  ].join('\n');
  return (
    <ol className="divide-y">
      {steps.map((step, index) => (
        <li key={step.title} className="flex gap-3 px-4 py-3">
          <span className="num flex size-5 shrink-0 items-center justify-center rounded-full border border-line-strong text-11 text-muted">
            {index + 1}
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium">{step.title}</p>
            <p className="text-muted">{step.text}</p>
            {index === steps.length - 1 && <Code className="mt-2" text={curl} label="curl command" caption="curl" copy />}
          </div>
        </li>
      ))}
    </ol>
  );
}

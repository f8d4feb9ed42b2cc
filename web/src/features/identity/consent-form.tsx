'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { decideAuthorization, lookAtAuthorization } from '@/api/calls';
import type { ConsentQuestion } from '@/api/types';
import { Failure } from '@/features/failure';
import { Button } from '@/ui/button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { EntryFrame } from './entry-frame';
import { ScopeList } from './scope-list';

const leave = (address: string) => window.location.replace(address);

/** Asks whether an application may act for the person, and takes the answer back to it. */
export function Consent() {
  const [query] = useState(() => window.location.search.slice(1));
  const look = useQuery({
    queryKey: ['authorization', query],
    queryFn: () => lookAtAuthorization(query),
    retry: false,
    refetchOnWindowFocus: false,
  });
  const goesByItself = look.data?.byItself === true ? look.data.redirect : null;

  useEffect(() => {
    if (goesByItself !== null) leave(goesByItself);
  }, [goesByItself]);

  if (look.data?.question) return <Question query={query} question={look.data.question} />;
  return (
    <EntryFrame title="Allow an application">
      {look.error && (
        <Failure error={look.error} />
      )}
      {look.data?.redirect && (
        <Notice
          live
          tone="bad"
          title="The application's request is not in order."
          actions={<Button onClick={() => leave(look.data.redirect!)}>Back to the application</Button>}
        >
          {look.data.error}
        </Notice>
      )}
      {look.isPending && <SkeletonRows rows={4} label="Looking at the request" />}
    </EntryFrame>
  );
}

function Question({ query, question }: { query: string; question: ConsentQuestion }) {
  const decide = useMutation({
    mutationFn: (allow: boolean) => decideAuthorization(query, allow),
    onSuccess: (answer) => leave(answer.redirect),
  });
  const isBusy = decide.isPending || decide.isSuccess; // the browser is on its way out
  return (
    <EntryFrame
      title={`Let ${question.clientName} act for you?`}
      lead={`You are signed in as ${question.email} in ${question.tenantName}.`}
    >
      <div className="space-y-4">
        {question.selfRegistered && (
          <Notice tone="warn" title="Nobody here knows this application.">
            It registered itself and chose its own name. Allow it only if you started it, and know where it sends you.
          </Notice>
        )}
        <p className="text-muted">It asks to:</p>
        <ScopeList scopes={question.scopes} />
        <p className="text-muted">
          Either way you go on to <strong className="font-medium text-fg wrap-anywhere">{question.redirectHost}</strong>. You can take
          this back in Settings.
        </p>
        {decide.error && (
          <Failure error={decide.error} />
        )}
        <div className="flex gap-2">
          <Button className="h-9 flex-1" disabled={isBusy} onClick={() => decide.mutate(false)}>Do not allow</Button>
          <Button tone="primary" className="h-9 flex-1" busy={isBusy} onClick={() => decide.mutate(true)}>Allow</Button>
        </div>
      </div>
    </EntryFrame>
  );
}

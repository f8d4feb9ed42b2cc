'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { auditProofQuery } from '@/api/settings-queries';
import type { AuditProof } from '@/api/types';
import { Failure } from '@/features/failure';
import { plural } from '@/lib/format';
import { isIncluded, sha256 } from '@/lib/inclusion';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';

/** What proves that an entry is in the log, and whether it does. */
export function Proof({ entry }: { entry: string }) {
  const [asked, setAsked] = useState(false);
  const proof = useQuery({ ...auditProofQuery(entry), enabled: asked });
  if (proof.data) return <ProofView proof={proof.data} />;
  return (
    <div className="space-y-2">
      <Button busy={asked && proof.isFetching} onClick={() => (asked ? void proof.refetch() : setAsked(true))}>Prove it</Button>
      {proof.error && <Failure error={proof.error} />}
    </div>
  );
}

function ProofView({ proof }: { proof: AuditProof }) {
  const save = () => saveFile(new Blob([JSON.stringify(proof, null, 2)], { type: 'application/json' }), `${proof.id}.json`);
  return (
    <div className="min-w-0 space-y-3 py-1.5">
      <Verdict proof={proof} />
      <Code text={proof.leaf} label="The leaf" caption="The leaf" copy />
      <Code text={proof.hashes.join('\n')} label="The way to the root" caption={`The way to the root: ${plural(proof.hashes.length, 'hash', 'hashes')}`} copy />
      <Code text={proof.checkpoint} label="The checkpoint" caption={`The checkpoint, at ${plural(proof.treeSize, 'entry', 'entries')}`} copy />
      <Code text={proof.verifierKey} label="The key of its signature" caption="The key of its signature" copy />
      <Button onClick={save}>Download the proof</Button>
    </div>
  );
}

function Verdict({ proof }: { proof: AuditProof }) {
  const verdict = useQuery({
    queryKey: ['audit-verdict', proof.id, proof.treeSize],
    queryFn: () => (sha256 === null ? null : isIncluded(proof, sha256)),
    staleTime: Infinity,
  });
  if (verdict.isPending) return <p role="status" className="text-muted">Following it to the root…</p>;
  if (verdict.data === null || verdict.error)
    return <p role="status" className="text-muted">This page was not loaded over HTTPS, so the browser cannot check it. The file below can be checked anywhere.</p>;
  const Icon = verdict.data ? CircleCheck : CircleX;
  return (
    <p role="status" className="flex items-start gap-2">
      <Icon aria-hidden size={15} className={verdict.data ? 'mt-0.5 shrink-0 text-ok' : 'mt-0.5 shrink-0 text-bad'} />
      {verdict.data
        ? 'This browser followed it: the leaf leads to the root that the checkpoint was signed for (RFC 9162).'
        : 'The leaf does not lead to the root that the checkpoint was signed for. The log was changed, or this answer was.'}
    </p>
  );
}

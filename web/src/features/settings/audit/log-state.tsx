'use client';

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { verifyAudit } from '@/api/settings-calls';
import { auditCheckpointsQuery, auditLogQuery } from '@/api/settings-queries';
import type { AuditCheckpoint, AuditReport } from '@/api/types';
import { Failure } from '@/features/failure';
import { formatCount, plural } from '@/lib/format';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy-button';
import { Fact, Facts, Id } from '@/ui/facts';
import { TextAreaField } from '@/ui/field';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Ago } from '@/ui/time';
import { ListPanel } from '@/features/list-panel';

/** The log as a whole: how far it is signed, whether it is what it was, and its checkpoints. */
export function LogState() {
  const log = useQuery(auditLogQuery());
  return (
    <>
      <Panel title="The log as a whole">
        {log.isPending && <SkeletonRows rows={3} label="Loading the state of the log" />}
        {log.error && !log.data && <Failure error={log.error} className="m-3" />}
        {log.data && (
          <Facts>
            <Fact name="Entries">
              <span className="num">{formatCount(log.data.size)}</span>
              <span className="ml-2 text-muted">the newest checkpoint covers {formatCount(log.data.signedSize)}</span>
            </Fact>
            <Fact name="Root"><Id value={log.data.root} label="Copy the root" /></Fact>
            <Fact name="Called"><Id value={log.data.origin} label="Copy the origin" /></Fact>
            <Fact name="Verifier key"><Id value={log.data.verifierKey} label="Copy the verifier key" /></Fact>
          </Facts>
        )}
        <Verify />
      </Panel>
      <Checkpoints />
    </>
  );
}

function Verify() {
  const [copies, setCopies] = useState('');
  const verify = useMutation({ mutationFn: () => verifyAudit(copies.trim() === '' ? [] : [`${copies.trim()}\n`]) });
  return (
    <form
      className="space-y-3 border-t p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!verify.isPending) verify.mutate();
      }}
    >
      <details>
        <summary className="text-12 font-medium text-muted hover:text-fg coarse:py-3">Hold it against a checkpoint that was kept elsewhere (optional)</summary>
        <div className="mt-2">
          <TextAreaField
            label="A copy of a checkpoint"
            rows={5}
            className="num"
            spellCheck={false}
            value={copies}
            hint="The signed note as it was kept, from its first line to its signature."
            onChange={(event) => setCopies(event.target.value)}
          />
        </div>
      </details>
      <Button type="submit" busy={verify.isPending}>Verify the log</Button>
      {verify.error && <Failure error={verify.error} />}
      {verify.data && <Report report={verify.data} />}
    </form>
  );
}

function Report({ report }: { report: AuditReport }) {
  const read = `${plural(report.entries, 'entry', 'entries')} read, held against ${plural(report.checkpoints, 'checkpoint')}, ${report.copies} of them from outside of the database.`;
  return (
    <Notice live tone={report.intact ? 'info' : 'bad'} title={report.intact ? 'The log is what it was' : 'The log is not what it was'}>
      <p>{read}</p>
      {report.findings.length > 0 && (
        <ul className="mt-2 space-y-1">
          {report.findings.map((finding) => (
            <li key={`${finding.kind} ${finding.index} ${finding.source}`}>
              <Tag tone="warn">{finding.kind}</Tag> at <span className="num">{finding.index}</span>, by {finding.source}: {finding.message}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

const columns: Column<AuditCheckpoint>[] = [
  { title: 'At size', cell: (checkpoint) => <span className="num font-medium">{formatCount(checkpoint.size)}</span> },
  { title: 'Root', cell: (checkpoint) => <span className="num text-12 text-muted">{checkpoint.root}</span> },
  { title: 'Signed', cell: (checkpoint) => <Ago at={checkpoint.at} /> },
  { title: 'Copied', cell: (checkpoint) => (checkpoint.publishedAt ? <Ago at={checkpoint.publishedAt} /> : <span className="text-warn">not yet</span>) },
];

function Checkpoints() {
  const checkpoints = useInfiniteQuery(auditCheckpointsQuery());
  return (
    <ListPanel
      label="checkpoints"
      title="Checkpoints"
      list={checkpoints}
      columns={columns}
      keyOf={(checkpoint) => String(checkpoint.size)}
      actions={(checkpoint) => <CopyButton text={checkpoint.note} label={`Copy the checkpoint at ${checkpoint.size}`} />}
      more="Older checkpoints"
      empty={<Empty title="No checkpoint yet">The first is signed within a minute.</Empty>}
    />
  );
}

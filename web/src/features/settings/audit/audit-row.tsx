'use client';

import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { AuditRecord } from '@/api/types';
import { cx } from '@/lib/cx';
import { formatDateTime } from '@/lib/format';
import { Button } from '@/ui/button';
import { Fact, Facts, Id } from '@/ui/facts';
import { Status } from '@/ui/status';
import { Ago } from '@/ui/time';
import type { FilterChange } from './audit-filters';
import { Proof } from './proof';

interface AuditRowProps {
  entry: AuditRecord;
  /** Names of who is known, by id. */
  names: Map<string, string>;
  onFilter: (change: FilterChange) => void;
}

/** An entry in a line, and all of it when it is opened. */
export function AuditRow({ entry, names, onFilter }: AuditRowProps) {
  const [open, setOpen] = useState(false);
  const { actor, resource } = entry;
  const who = names.get(actor.id) ?? (actor.id || actor.kind);
  const what = resource && `${resource.type}:${names.get(resource.id) ?? resource.id}`;
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="grid min-h-11 w-full grid-cols-[18px_minmax(0,1fr)_auto_14px] items-center gap-x-3 px-4 py-1.5 text-left hover:bg-hover"
      >
        <Status status={entry.outcome} iconOnly />
        <span className="min-w-0">
          <span className="num block truncate text-12 font-medium">{entry.action}</span>
          <span className="block truncate text-12 text-muted">{who}{what && <> · <span className="num">{what}</span></>}</span>
        </span>
        <span className="text-12 text-faint"><Ago at={entry.at} /></span>
        <ChevronRight aria-hidden size={14} className={cx('shrink-0 text-faint', open && 'rotate-90')} />
      </button>
      {open && (
        <div className="border-t bg-canvas">
          <Facts>
            <Fact name="When"><span className="num text-12">{formatDateTime(entry.at)}</span></Fact>
            <Fact name="Outcome"><Status status={entry.outcome} /></Fact>
            <Fact name="Who">
              <span className="mr-2">{who}</span>
              {actor.id && <Id value={actor.id} />}
              {actor.id && <Button tone="quiet" onClick={() => onFilter({ actor: actor.id })}>Only theirs</Button>}
            </Fact>
            {resource && (
              <Fact name="On">
                <Id value={`${resource.type}:${resource.id}`} label="Copy" />
                <Button tone="quiet" onClick={() => onFilter({ resource: `${resource.type}:${resource.id}` })}>Only this</Button>
              </Fact>
            )}
            {Object.entries(entry.details).map(([name, value]) => (
              <Fact key={name} name={name}><span className="num text-12">{String(value)}</span></Fact>
            ))}
            {Object.entries(entry.personal).map(([name, value]) => (
              <Fact key={name} name={name}>{value === null ? <span className="text-faint">erased</span> : <span className="num text-12">{String(value)}</span>}</Fact>
            ))}
            <Fact name="Entry"><Id value={entry.id} /> <span className="num text-12 text-faint">number {entry.index}</span></Fact>
            <Fact name="Proof"><Proof entry={entry.id} /></Fact>
          </Facts>
        </div>
      )}
    </li>
  );
}

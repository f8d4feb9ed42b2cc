'use client';

import type { AuditFilter } from '@/api/settings-calls';
import { fromLocalTime, toLocalTime } from '@/lib/local-time';
import { SelectField, TextField } from '@/ui/field';
import { SearchField } from '../parts/search-field';
import { useSubjects } from '../parts/subjects';

export type FilterChange = Partial<Record<keyof AuditFilter, string | null>>;

const outcomes = ['done', 'denied', 'failed'];

interface AuditFiltersProps {
  filter: AuditFilter;
  onChange: (change: FilterChange) => void;
}

/** Who, what, on what, how it ended, and when. All of it is in the address. */
export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  const subjects = useSubjects();
  const isKnown = !filter.actor || subjects.some(({ id }) => id === filter.actor);
  return (
    <div role="search" aria-label="Audit log" className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
      <SearchField
        label="What, as agents.apply or secrets.*"
        showLabel
        value={filter.action ?? ''}
        onSearch={(text) => onChange({ action: text || null })}
      />
      <SelectField
        label="Who"
        value={filter.actor ?? ''}
        className="h-9"
        onChange={(event) => onChange({ actor: event.target.value || null })}
        options={[
          { value: '', label: 'Anybody' },
          ...subjects.map(({ id, label }) => ({ value: id, label })),
          ...(isKnown ? [] : [{ value: filter.actor ?? '', label: filter.actor ?? '' }]),
        ]}
      />
      <SelectField
        label="Outcome"
        value={filter.outcome ?? ''}
        className="h-9"
        onChange={(event) => onChange({ outcome: event.target.value || null })}
        options={[{ value: '', label: 'Any' }, ...outcomes.map((value) => ({ value, label: value }))]}
      />
      <SearchField
        label="On what, as secret or secret:github"
        showLabel
        value={filter.resource ?? ''}
        onSearch={(text) => onChange({ resource: text || null })}
      />
      <TimeField label="From" value={filter.from} onChange={(from) => onChange({ from })} />
      <TimeField label="Until" value={filter.to} onChange={(to) => onChange({ to })} />
    </div>
  );
}

function TimeField({ label, value, onChange }: { label: string; value: string | undefined; onChange: (iso: string | null) => void }) {
  return (
    <TextField
      label={label}
      type="datetime-local"
      className="num"
      value={toLocalTime(value)}
      onChange={(event) => onChange(fromLocalTime(event.target.value))}
    />
  );
}

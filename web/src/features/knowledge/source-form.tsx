'use client';

import { useState } from 'react';
import { changeSource, createSource } from '@/api/knowledge-calls';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { KnowledgeSource } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { SelectField, TextAreaField, TextField } from '@/ui/field';
import { changeOf, emptyValues, placeOf, scheduleOf, valuesOf, whenOf, type Kind, type Values, type When } from './source-values';

const kinds: { value: Kind; label: string }[] = [
  { value: 'folder', label: 'A folder of the server' },
  { value: 'web', label: 'Single pages' },
  { value: 'sitemap', label: 'All pages of a sitemap' },
  { value: 'git', label: 'A git repository' },
  { value: 's3', label: 'A bucket of an S3-compatible store' },
];
const nameRule = 'Lowercase letters, digits and hyphens, at most 60, beginning with a letter. It stays as it is.';
const pauseMsMax = 60_000;
const minutesMax = 525_600;

type FieldOf = (name: keyof Values) => {
  value: string;
  autoComplete: string;
  spellCheck: boolean;
  autoCapitalize: string;
  onChange: (event: { target: { value: string } }) => void;
};

function useValues(first: Values): { values: Values; field: FieldOf } {
  const [values, setValues] = useState(first);
  return {
    values,
    field: (name) => ({
      value: values[name],
      autoComplete: 'off',
      spellCheck: false,
      autoCapitalize: 'none',
      onChange: (event) => setValues((before) => ({ ...before, [name]: event.target.value })),
    }),
  };
}

export function NewSource({ base, onClose }: { base: string; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('folder');
  const [when, setWhen] = useState<When>('hand');
  const { values, field } = useValues(emptyValues);
  const change = useChange({
    ask: () => createSource(base, { name: values.name, place: placeOf(kind, values), schedule: scheduleOf(when, values) }),
    stale: [knowledgeKeys.sources(base)],
    done: (source) => `${source.name} is made. Sync it to fetch what it has.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Add a source" action="Add" change={change} onClose={onClose}>
      <SelectField label="Kind" value={kind} onChange={(event) => setKind(event.target.value as Kind)} options={kinds} />
      <TextField label="Name" required pattern="[a-z][a-z0-9\-]{0,59}" maxLength={60} title={nameRule} hint={nameRule} {...field('name')} />
      <PlaceFields kind={kind} field={field} />
      <ScheduleFields when={when} onWhen={setWhen} field={field} />
    </FormDialog>
  );
}

/** What a sync already fetched stays until the next one, which looks at the place anew. */
export function EditSource({ base, source, onClose }: { base: string; source: KnowledgeSource; onClose: () => void }) {
  const [when, setWhen] = useState<When>(whenOf(source.schedule));
  const { values, field } = useValues(valuesOf(source));
  const wanted = changeOf(source, when, values);
  const change = useChange({
    ask: () => changeSource(base, source.name, wanted),
    stale: [knowledgeKeys.sources(base)],
    done: wanted.place ? `${source.name} is changed. Sync it to bring the base in step.` : `${source.name} is changed.`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Edit ${source.name}`}
      action="Save"
      disabled={!wanted.place && !wanted.schedule}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        {kinds.find((kind) => kind.value === source.kind)?.label}. With another place, the next sync takes away what is not there.
        {source.state === 'syncing' && ' A sync is under way: until it has ended, only the schedule can be changed.'}
      </p>
      <PlaceFields kind={source.kind} field={field} />
      <ScheduleFields when={when} onWhen={setWhen} field={field} />
    </FormDialog>
  );
}

function PlaceFields({ kind, field }: { kind: Kind; field: FieldOf }) {
  const isWeb = kind === 'web' || kind === 'sitemap';
  return (
    <>
      {kind === 'folder' && <TextField label="Folder" required hint="An absolute path that the server's operator allowed." {...field('path')} />}
      {kind === 'web' && <TextAreaField label="Pages" required hint="One address a line." {...field('pages')} />}
      {kind === 'sitemap' && <TextField label="Sitemap" required type="url" hint="A sitemap, or an index of sitemaps." {...field('url')} />}
      {kind === 'sitemap' && (
        <TextField label="Pages at most" type="number" min={1} hint="The operator's limit if left out." {...field('pagesMax')} />
      )}
      {kind === 'git' && <TextField label="Repository" required type="url" hint="The address that git clones from." {...field('url')} />}
      {kind === 'git' && <TextField label="Branch or tag" hint="The repository's own choice if left out." {...field('branch')} />}
      {kind === 'git' && <TextField label="Only below this folder" {...field('below')} />}
      {kind === 's3' && <TextField label="Store" required type="url" hint="For instance https://s3.eu-north-1.amazonaws.com" {...field('url')} />}
      {kind === 's3' && <TextField label="Bucket" required {...field('bucket')} />}
      {kind === 's3' && <TextField label="Only keys that begin with" {...field('prefix')} />}
      {kind === 's3' && <TextField label="Region" hint="us-east-1 if left out." {...field('region')} />}
      {kind === 's3' && <TextField label="Access key id" {...field('accessKey')} />}
      {kind !== 'folder' && (
        <TextField
          label="Secret"
          hint={kind === 's3' ? 'The name of the secret that holds the secret access key.' : 'The name of a secret that goes with each request.'}
          {...field('secret')}
        />
      )}
      {isWeb && <TextField label="Further hosts" hint="Whose pages may be fetched too, with spaces between." {...field('hosts')} />}
      {isWeb && (
        <TextField
          label="Pause between requests"
          type="number"
          min={0}
          max={pauseMsMax}
          hint="In milliseconds. The operator's choice if left out."
          {...field('pauseMs')}
        />
      )}
      <TextAreaField label="Only these" rows={2} hint="One pattern a line, for instance *.md" {...field('include')} />
      <TextAreaField label="Without these" rows={2} hint="One pattern a line." {...field('exclude')} />
    </>
  );
}

function ScheduleFields({ when, onWhen, field }: { when: When; onWhen: (when: When) => void; field: FieldOf }) {
  return (
    <>
      <SelectField
        label="Synchronise"
        value={when}
        onChange={(event) => onWhen(event.target.value as When)}
        options={[
          { value: 'hand', label: 'By hand' }, { value: 'minutes', label: 'Every so many minutes' }, { value: 'cron', label: 'By a cron expression' },
        ]}
      />
      {when === 'minutes' && <TextField label="Minutes" required type="number" min={1} max={minutesMax} {...field('minutes')} />}
      {when === 'cron' && <TextField label="Cron expression" required hint="Minute, hour, day, month, day of the week: 30 4 * * 1-5" {...field('cron')} />}
      {when === 'cron' && <TextField label="Time zone" hint="For instance Europe/Oslo; UTC if left out." {...field('zone')} />}
    </>
  );
}

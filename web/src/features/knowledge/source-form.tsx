'use client';

import { useState } from 'react';
import { createSource } from '@/api/knowledge-calls';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { KnowledgeSource, SourcePlace, SourceSchedule } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { SelectField, TextAreaField, TextField } from '@/ui/field';

type Kind = KnowledgeSource['kind'];

const kinds: { value: Kind; label: string }[] = [
  { value: 'folder', label: 'A folder of the server' },
  { value: 'web', label: 'Single pages' },
  { value: 'sitemap', label: 'All pages of a sitemap' },
  { value: 'git', label: 'A git repository' },
  { value: 's3', label: 'A bucket of an S3-compatible store' },
];
const nameRule = 'Lowercase letters, digits and hyphens, at most 60, beginning with a letter. It stays as it is.';

const empty = {
  name: '', path: '', pages: '', url: '', hosts: '', branch: '', below: '', bucket: '', prefix: '', region: '', accessKey: '', secret: '',
  include: '', exclude: '', minutes: '60', cron: '', zone: '',
};
type Values = typeof empty;

const lines = (text: string) => text.split(/\s+/).filter(Boolean);
const some = (text: string) => (lines(text).length > 0 ? lines(text) : null);
const given = (text: string) => text.trim() || null;

/** What was filled in, as the API takes it. */
export function placeOf(kind: Kind, values: Values): SourcePlace {
  const place: SourcePlace = {
    folder: null, web: null, sitemap: null, git: null, s3: null, include: some(values.include), exclude: some(values.exclude),
  };
  const secret = given(values.secret);
  if (kind === 'folder') return { ...place, folder: { path: values.path.trim() } };
  if (kind === 'web') return { ...place, web: { pages: lines(values.pages), hosts: some(values.hosts), secret, pauseMs: null } };
  if (kind === 'sitemap')
    return { ...place, sitemap: { url: values.url.trim(), pagesMax: null, hosts: some(values.hosts), secret, pauseMs: null } };
  if (kind === 'git')
    return { ...place, git: { url: values.url.trim(), branch: given(values.branch), folder: given(values.below), secret } };
  return {
    ...place,
    s3: {
      endpoint: values.url.trim(), bucket: values.bucket.trim(), prefix: given(values.prefix), region: given(values.region),
      accessKey: given(values.accessKey), secret,
    },
  };
}

type When = 'hand' | 'minutes' | 'cron';

function scheduleOf(when: When, values: Values): SourceSchedule | null {
  if (when === 'hand') return null;
  return when === 'minutes'
    ? { cron: null, timeZone: null, everyMinutes: Number(values.minutes) }
    : { cron: values.cron.trim(), timeZone: given(values.zone), everyMinutes: null };
}

export function NewSource({ base, onClose }: { base: string; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('folder');
  const [when, setWhen] = useState<When>('hand');
  const [values, setValues] = useState(empty);
  const change = useChange({
    ask: () => createSource(base, { name: values.name, place: placeOf(kind, values), schedule: scheduleOf(when, values) }),
    stale: [knowledgeKeys.sources(base)],
    done: (source) => `${source.name} is made. Sync it to fetch what it has.`,
    onDone: onClose,
  });
  const field = (name: keyof Values) => ({
    value: values[name],
    autoComplete: 'off',
    spellCheck: false,
    autoCapitalize: 'none',
    onChange: (event: { target: { value: string } }) => setValues((before) => ({ ...before, [name]: event.target.value })),
  });
  return (
    <FormDialog title="Add a source" action="Add" change={change} onClose={onClose}>
      <SelectField label="Kind" value={kind} onChange={(event) => setKind(event.target.value as Kind)} options={kinds} />
      <TextField label="Name" required pattern="[a-z][a-z0-9\-]{0,59}" maxLength={60} title={nameRule} hint={nameRule} {...field('name')} />
      {kind === 'folder' && <TextField label="Folder" required hint="An absolute path that the server's operator allowed." {...field('path')} />}
      {kind === 'web' && <TextAreaField label="Pages" required hint="One address a line." {...field('pages')} />}
      {kind === 'sitemap' && <TextField label="Sitemap" required type="url" hint="A sitemap, or an index of sitemaps." {...field('url')} />}
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
      {(kind === 'web' || kind === 'sitemap') && <TextField label="Further hosts" hint="Whose pages may be fetched too, with spaces between." {...field('hosts')} />}
      <TextField label="Only these" hint="Patterns with spaces between, for instance *.md" {...field('include')} />
      <TextField label="Without these" {...field('exclude')} />
      <SelectField
        label="Synchronise"
        value={when}
        onChange={(event) => setWhen(event.target.value as When)}
        options={[
          { value: 'hand', label: 'By hand' }, { value: 'minutes', label: 'Every so many minutes' }, { value: 'cron', label: 'By a cron expression' },
        ]}
      />
      {when === 'minutes' && <TextField label="Minutes" required type="number" min={1} {...field('minutes')} />}
      {when === 'cron' && <TextField label="Cron expression" required hint="Minute, hour, day, month, day of the week: 30 4 * * 1-5" {...field('cron')} />}
      {when === 'cron' && <TextField label="Time zone" hint="For instance Europe/Oslo; UTC if left out." {...field('zone')} />}
    </FormDialog>
  );
}

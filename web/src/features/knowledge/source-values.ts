import type { KnowledgeSource, SourcePlace, SourceSchedule } from '@/api/knowledge-types';

// What the form of a source has in its fields, and what the API says and takes.

export type Kind = KnowledgeSource['kind'];
export type When = 'hand' | 'minutes' | 'cron';

export const emptyValues = {
  name: '', path: '', pages: '', url: '', hosts: '', pauseMs: '', pagesMax: '', branch: '', below: '', bucket: '', prefix: '', region: '',
  accessKey: '', secret: '', include: '', exclude: '', minutes: '60', cron: '', zone: '',
};
export type Values = typeof emptyValues;

const words = (text: string) => text.split(/\s+/).filter(Boolean);
const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);
const some = (parts: string[]) => (parts.length > 0 ? parts : null);
const given = (text: string) => text.trim() || null;
const amount = (text: string) => (text.trim() === '' ? null : Number(text));

/** What was filled in, as the API takes it. */
export function placeOf(kind: Kind, values: Values): SourcePlace {
  const place: SourcePlace = {
    folder: null, web: null, sitemap: null, git: null, s3: null, include: some(lines(values.include)), exclude: some(lines(values.exclude)),
  };
  const secret = given(values.secret);
  const pages = { hosts: some(words(values.hosts)), secret, pauseMs: amount(values.pauseMs) };
  if (kind === 'folder') return { ...place, folder: { path: values.path.trim() } };
  if (kind === 'web') return { ...place, web: { pages: words(values.pages), ...pages } };
  if (kind === 'sitemap') return { ...place, sitemap: { url: values.url.trim(), pagesMax: amount(values.pagesMax), ...pages } };
  if (kind === 'git')
    return { ...place, git: { url: values.url.trim(), branch: given(values.branch), folder: given(values.below), secret } };
  return {
    ...place,
    s3: {
      // A key may begin with a space.
      endpoint: values.url.trim(), bucket: values.bucket.trim(), prefix: values.prefix || null, region: given(values.region),
      accessKey: given(values.accessKey), secret,
    },
  };
}

export function scheduleOf(when: When, values: Values): SourceSchedule | null {
  if (when === 'hand') return null;
  return when === 'minutes'
    ? { cron: null, timeZone: null, everyMinutes: Number(values.minutes) }
    : { cron: values.cron.trim(), timeZone: given(values.zone), everyMinutes: null };
}

export const whenOf = (schedule: SourceSchedule | null): When => (!schedule ? 'hand' : schedule.cron ? 'cron' : 'minutes');

/** A source as the fields of the form show it. */
export function valuesOf({ name, place, schedule }: KnowledgeSource): Values {
  const { folder, web, sitemap, git, s3 } = place;
  const pages = web ?? sitemap;
  return {
    name,
    path: folder?.path ?? '',
    pages: web?.pages.join('\n') ?? '',
    url: sitemap?.url ?? git?.url ?? s3?.endpoint ?? '',
    hosts: pages?.hosts?.join(' ') ?? '',
    pauseMs: String(pages?.pauseMs ?? ''),
    pagesMax: String(sitemap?.pagesMax ?? ''),
    branch: git?.branch ?? '',
    below: git?.folder ?? '',
    bucket: s3?.bucket ?? '',
    prefix: s3?.prefix ?? '',
    region: s3?.region ?? '',
    accessKey: s3?.accessKey ?? '',
    secret: (pages ?? git ?? s3)?.secret ?? '',
    include: place.include?.join('\n') ?? '',
    exclude: place.exclude?.join('\n') ?? '',
    minutes: String(schedule?.everyMinutes ?? emptyValues.minutes),
    cron: schedule?.cron ?? '',
    zone: schedule?.timeZone ?? '',
  };
}

export interface SourceChange {
  /** Null leaves it as it is. */
  place: SourcePlace | null;
  /** Null leaves it as it is; one that says nothing is none. */
  schedule: SourceSchedule | null;
}

/** What of a source is another than it was. The place cannot change during a sync, the schedule can: so neither is sent for nothing. */
export function changeOf(source: KnowledgeSource, when: When, values: Values): SourceChange {
  const before = { when: whenOf(source.schedule), values: valuesOf(source) };
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  const place = placeOf(source.kind, values);
  const schedule = scheduleOf(when, values);
  return {
    place: isSame(place, placeOf(source.kind, before.values)) ? null : place,
    schedule: isSame(schedule, scheduleOf(before.when, before.values)) ? null : (schedule ?? { cron: null, timeZone: null, everyMinutes: null }),
  };
}

import { describe, expect, it } from 'vitest';
import type { KnowledgeSource, SourcePlace, SourceSchedule } from '@/api/knowledge-types';
import { changeOf, emptyValues, placeOf, scheduleOf, valuesOf, whenOf } from './source-values';

const nowhere: SourcePlace = { folder: null, web: null, sitemap: null, git: null, s3: null, include: null, exclude: null };
const places: Record<KnowledgeSource['kind'], SourcePlace> = {
  folder: { ...nowhere, folder: { path: '/srv/my manuals' }, include: ['*.pdf', 'old papers/**'], exclude: ['drafts/*'] },
  web: { ...nowhere, web: { pages: ['https://a.example/', 'https://b.example/x'], hosts: ['c.example'], secret: 'web-key', pauseMs: 0 } },
  sitemap: { ...nowhere, sitemap: { url: 'https://a.example/map.xml', pagesMax: 500, hosts: null, secret: null, pauseMs: 1_000 } },
  git: { ...nowhere, git: { url: 'https://git.example/team/docs', branch: 'v2', folder: 'docs/en', secret: 'forge' } },
  s3: {
    ...nowhere,
    s3: { endpoint: 'https://s3.example', bucket: 'papers', prefix: ' odd/', region: 'eu-north-1', accessKey: 'AKIA', secret: 'key' },
  },
};
const schedules: (SourceSchedule | null)[] = [
  null, { cron: null, timeZone: null, everyMinutes: 90 }, { cron: '30 4 * * 1-5', timeZone: 'Europe/Oslo', everyMinutes: null },
];
const sourceOf = (kind: KnowledgeSource['kind'], schedule: SourceSchedule | null): KnowledgeSource => ({
  id: 'src_1', name: 'manuals', kind, place: places[kind], schedule, state: 'idle', nextAt: null, documents: 0, runId: null, lastResult: null,
  createdAt: '2026-01-01T00:00:00Z', createdBy: 'usr_1',
});
const kinds = Object.keys(places) as KnowledgeSource['kind'][];

describe('The fields of a source', () => {
  it.each(kinds)('of the kind %s lead back to just its place', (kind) => {
    expect(placeOf(kind, valuesOf(sourceOf(kind, null)))).toEqual(places[kind]);
  });

  it('lead back to just its schedule', () => {
    for (const schedule of schedules)
      expect(scheduleOf(whenOf(schedule), valuesOf(sourceOf('folder', schedule)))).toEqual(schedule);
  });

  it('that are empty say nothing', () => {
    expect(placeOf('sitemap', { ...emptyValues, url: ' https://a.example/map.xml ' })).toEqual({
      ...nowhere, sitemap: { url: 'https://a.example/map.xml', pagesMax: null, hosts: null, secret: null, pauseMs: null },
    });
  });
});

describe('A change of a source', () => {
  it.each(kinds)('of the kind %s that changes nothing sends nothing', (kind) => {
    for (const schedule of schedules) {
      const source = sourceOf(kind, schedule);
      expect(changeOf(source, whenOf(schedule), valuesOf(source))).toEqual({ place: null, schedule: null });
    }
  });

  it('sends the whole place when something of it is another, and leaves the schedule', () => {
    const source = sourceOf('git', schedules[1]!);
    expect(changeOf(source, 'minutes', { ...valuesOf(source), branch: '' })).toEqual({
      place: { ...places.git, git: { ...places.git.git, branch: null } }, schedule: null,
    });
  });

  it('leaves the place, which cannot change during a sync, when only the schedule is another', () => {
    const source = sourceOf('s3', schedules[1]!);
    expect(changeOf(source, 'cron', { ...valuesOf(source), cron: '0 5 * * *' })).toEqual({
      place: null, schedule: { cron: '0 5 * * *', timeZone: null, everyMinutes: null },
    });
  });

  it('takes the schedule away with one that says nothing', () => {
    const source = sourceOf('folder', schedules[2]!);
    expect(changeOf(source, 'hand', valuesOf(source)).schedule).toEqual({ cron: null, timeZone: null, everyMinutes: null });
  });
});

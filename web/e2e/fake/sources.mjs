// Sources of knowledge bases, and a sync that takes two looks and fetches two documents.
import { createRun, id } from './state.mjs';

const at = (ago) => new Date(Date.now() - ago).toISOString();
const hour = 3_600_000;
const result = (more = {}) => ({
  outcome: 'completed', startedAt: at(hour), endedAt: at(hour - 42_000), added: 0, changed: 2, unchanged: 117, removed: 1, failed: 0, failures: [],
  faultCode: null, faultMessage: null, ...more,
});
const source = (name, kind, place, more = {}) => ({
  id: id('src'), name, kind, place: { folder: null, web: null, sitemap: null, git: null, s3: null, include: null, exclude: null, [kind]: place },
  schedule: null, state: 'idle', nextAt: null, documents: 0, runId: null, lastResult: null, createdAt: at(90 * hour),
  createdBy: 'usr_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b', ...more,
});

export const someSources = () => [
  source('manuals', 'folder', { path: '/srv/manuals' }, {
    documents: 119, lastResult: result(), schedule: { cron: null, timeZone: null, everyMinutes: 60 }, nextAt: at(-hour / 2),
  }),
  source('papers', 's3', { endpoint: 'https://s3.eu-north-1.amazonaws.com', bucket: 'papers', prefix: 'public/', region: 'eu-north-1', accessKey: 'AKIAEXAMPLE', secret: 'papers-key' }, {
    lastResult: result({
      outcome: 'failed', changed: 0, unchanged: 0, removed: 0, faultCode: 'knowledge.s3_refused',
      faultMessage: 'The store refused: AccessDenied. Check endpoint, bucket, region, access key and secret.',
    }),
  }),
  source('repo', 'git', { url: 'https://git.example.com/team/manuals', branch: 'main', folder: 'docs', secret: null }, {
    documents: 31, state: 'paused', lastResult: result({ changed: 31 }), schedule: { cron: '30 4 * * 1-5', timeZone: 'Europe/Oslo', everyMinutes: null },
  }),
  source('site', 'sitemap', { url: 'https://docs.example.com/sitemap.xml', pagesMax: null, hosts: null, secret: null, pauseMs: null }, {
    documents: 240,
    lastResult: result({
      outcome: 'incomplete', failed: 2, failures: [
        { item: '', code: 'knowledge.source_status', message: 'The server of the source answered with 500. Try later, or ask whoever runs it.' },
        { item: 'https://docs.example.com/old', code: 'knowledge.source_gone', message: 'The source says that it is not there. Mend the link, or take it off the list.' },
        { item: 'https://docs.example.com/away', code: 'egress.not_listed', message: 'This run may not reach elsewhere.example.' },
      ],
    }),
  }),
];

export function sourceRoutes({ baseOf, document, page, need, refuse, state }) {
  const one = '/knowledge/([^/]+)/sources';
  const route = (method, path, handle) => [method, new RegExp(`^${path}$`), handle];
  const sourceOf = ([base, name]) => {
    const found = baseOf(base).sources.find((each) => each.name === name);
    if (!found) throw refuse(404, 'knowledge.source_not_found', 'The knowledge base has no such source.');
    return found;
  };
  return [
    route('GET', one, ({ parts: [name], query }) => {
      const { sources } = baseOf(name);
      for (const each of sources) each.look?.();
      return page(sources, query);
    }),
    route('POST', one, ({ parts: [name], body, response }) => {
      need('knowledge:write', name);
      const { sources } = baseOf(name);
      const kind = ['folder', 'web', 'sitemap', 'git', 's3'].find((each) => body.place[each]);
      if (sources.some((each) => each.name === body.name))
        throw refuse(409, 'knowledge.source_exists', `The knowledge base has a source '${body.name}' already. Choose another name.`);
      if (body.place.folder && !body.place.folder.path.startsWith('/srv/'))
        throw refuse(403, 'knowledge.folder_not_allowed', `The server does not let sources read '${body.place.folder.path}'.`);
      const made = Object.assign(source(body.name, kind, body.place[kind]), { place: body.place, schedule: body.schedule });
      sources.push(made);
      sources.sort((left, right) => (left.name < right.name ? -1 : 1));
      response.statusCode = 201;
      return made;
    }),
    route('PATCH', `${one}/([^/]+)`, ({ parts, body }) => {
      need('knowledge:write', parts[0]);
      const changed = sourceOf(parts);
      if (body.place) {
        if (changed.state === 'syncing') throw refuse(409, 'knowledge.sync_running', 'A sync of this source is under way.');
        if (body.place.folder && !body.place.folder.path.startsWith('/srv/'))
          throw refuse(403, 'knowledge.folder_not_allowed', `The server does not let sources read '${body.place.folder.path}'.`);
        changed.place = body.place;
      }
      if (body.schedule) changed.schedule = body.schedule.cron || body.schedule.everyMinutes ? body.schedule : null;
      if (typeof body.isPaused === 'boolean') changed.state = body.isPaused ? 'paused' : 'idle';
      return changed;
    }),
    route('DELETE', `${one}/([^/]+)`, ({ parts, query, response }) => {
      need('knowledge:write', parts[0]);
      const { sources, rows } = baseOf(parts[0]);
      const gone = sourceOf(parts);
      sources.splice(sources.indexOf(gone), 1);
      if (query.get('documents') === 'delete') rows.splice(0, rows.length, ...rows.filter((row) => !row.name.startsWith(`${gone.name}/`)));
      response.statusCode = 204;
    }),
    route('POST', `${one}/([^/]+)/sync`, ({ parts, response }) => {
      need('knowledge:write', parts[0]);
      const wanted = sourceOf(parts);
      if (wanted.state === 'syncing') throw refuse(409, 'knowledge.sync_running', 'A sync of this source is under way.');
      response.statusCode = 202;
      return sync(state, parts[0], wanted, baseOf(parts[0]).rows, document);
    }),
  ];
}

function sync(state, base, wanted, rows, document) {
  const run = createRun(state, { input: `Sync of ${wanted.name} into ${base}`, workspaceId: null, model: null });
  Object.assign(run, { kind: 'knowledge.sync', subject: base, subjectVersion: 1, model: null, status: 'running', startedAt: at(0), progress: 0 });
  Object.assign(wanted, { state: 'syncing', runId: run.id });
  let looks = 0;
  Object.defineProperty(wanted, 'look', { enumerable: false, configurable: true, value: () => {
    if (wanted.state !== 'syncing' || ++looks < 2) return;
    rows.push(document(`${wanted.name}/one.md`, 'pending', 812), document(`${wanted.name}/two.md`, 'pending', 1_204));
    Object.assign(wanted, { state: 'idle', documents: wanted.documents + 2, lastResult: result({ added: 2, changed: 0, unchanged: 0, removed: 0, endedAt: at(0) }) });
    Object.assign(run, { status: 'completed', endedAt: at(0), progress: 1, output: '2 added, 0 changed, 0 unchanged, 0 removed, 0 failed' });
  } });
  return run;
}

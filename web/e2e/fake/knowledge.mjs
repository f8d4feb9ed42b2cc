// Knowledge bases: their documents, a reading that takes three looks, and a search that knows one answer. A document whose name
// ends in .pdf and has "broken" in it cannot be read.
import { sourceRoutes, someSources } from './sources.mjs';
import { createRun, id } from './state.mjs';

const day = 86_400_000;
const at = (ago) => new Date(Date.now() - ago).toISOString();
const ada = 'usr_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b';

const sentences = [
  'Every employee has thirty days of paid leave in a year, which may be taken in parts.',
  'A request for leave is made two weeks before, and answered within three working days.',
  'Days that are left at the end of the year are good until the end of March.',
  'Who is ill tells the office on the first day, and brings a certificate on the third.',
];
const chapters = ['Working time', 'Leave', 'Illness', 'Travel'];

/** A text with its passages: one paragraph each, two to a page. */
function writing(passagesCount) {
  let text = '';
  const passages = Array.from({ length: passagesCount }, (_, ordinal) => {
    const paragraph = `${ordinal + 1}. ${sentences.join(' ')} ${sentences[ordinal % 4]}`;
    const start = text.length;
    text += `${paragraph}\n\n`;
    const page = `page ${Math.floor(ordinal / 2) + 1}`;
    return { ordinal, start, length: paragraph.length, headings: ['Staff handbook', chapters[Math.floor(ordinal / 3) % 4]], from: page, to: page };
  });
  return { text, passages };
}

const document = (name, state, sizeBytes, more = {}) => ({
  id: id('doc'), name, state, version: 1, mediaType: 'application/octet-stream', format: null, title: null, sizeBytes, passages: 0, characters: 0,
  faultCode: null, faultMessage: null, readers: [], metadata: {}, at: null, createdAt: at(3 * day), changedAt: at(day), addedBy: ada, ...more,
});
const read = (row, passagesCount = 4) => {
  const written = writing(passagesCount);
  Object.assign(row, { state: 'indexed', format: row.name.split('.').pop(), passages: passagesCount, characters: written.text.length });
  Object.defineProperty(row, 'written', { value: written, enumerable: false, configurable: true });
  return row;
};
const fail = (row) => Object.assign(row, {
  state: 'failed', format: 'pdf', faultCode: 'knowledge.encrypted',
  faultMessage: 'The document is protected by a password. Save it without one, and add it again.',
});
const usual = { fields: { title: 2, headings: 2, text: 1 }, metadata: [], newer: null };
const base = (name, description, documents, sources = [], more = {}) => ({
  id: id('kb'), name, description, createdAt: at(9 * day), createdBy: ada, rows: documents, sources, model: 'builtin', store: 'embedded',
  storeFault: null, reranker: null, rules: [], boosts: usual, ...more,
});

export function createKnowledge(empty) {
  if (empty) return { bases: [], stores: [{ name: 'embedded', kind: null }] };
  const many = Array.from({ length: 32 }, (_, number) => read(document(`minutes/2026-${String(number + 1).padStart(2, '0')}.docx`, 'indexed', 18_400 + number * 311)));
  return {
    stores: [{ name: 'embedded', kind: null }, { name: 'chroma', kind: 'chroma' }, { name: 'east', kind: 'pgvector' }],
    bases: [
      base('handbook', 'How we work: leave, travel, illness, and who is asked for what.', [
        read(document('handbook/Staff handbook.pdf', 'indexed', 2_480_112, { title: 'Staff handbook, 9th edition' }), 160),
        read(document('handbook/Travel costs.xlsx', 'indexed', 48_213)),
        fail(document('contracts/Signed broken contract.pdf', 'failed', 912_004)),
        document('leave policy draft.md', 'pending', 4_102),
        ...many,
      ], someSources()),
      base('support-mail', '', [read(document('2026-11.eml', 'indexed', 88_100))], [], {
        model: 'openai:text-embedding-3-small', reranker: 'jina:jina-reranker-v2',
        rules: ['# what people write', 'broken, defect', 'invoice => bill ^0.8'],
        boosts: { ...usual, metadata: [{ key: 'queue', value: 'second level', factor: 1.5 }], newer: { halfLifeDays: 90, factor: 2 } },
      }),
      base('new-things', 'Nothing in it yet.', []),
      base('scans', 'Too much for a browser.', [read(document('archive.pdf', 'indexed', 3 * 1024 ** 3))]),
    ],
  };
}

const page = (items, query) => {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 25);
  return { items: items.slice(from, from + limit), nextCursor: items.length > from + limit ? String(from + limit) : null };
};
const count = (rows, state) => rows.filter((row) => row.state === state).length;
const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);

/** A base as the API tells it. */
const told = ({ id: baseId, name, description, createdAt, createdBy, rows, model, store, storeFault, reranker, rules, boosts }) => ({
  synonymRules: rules.filter((rule) => rule !== '' && !rule.startsWith('#')).length,
  hasBoosts: JSON.stringify(boosts) !== JSON.stringify(usual),
  id: baseId, name, description, createdAt, createdBy, model, store, storeFault, reranker, isStoreBehind: null, documents: rows.length, pending: count(rows, 'pending'), failed: count(rows, 'failed'),
  passages: sum(rows, (row) => row.passages), sizeBytes: sum(rows, (row) => row.sizeBytes),
});

export function knowledgeRoutes(knowledge, { state, refuse, access }) {
  const needSomewhere = (permission) => {
    if (!access.may(permission)) throw refuse(403, 'identity.not_allowed', `This needs the permission ${permission}.`);
  };
  const need = (permission, name) => access.need(permission, `knowledge:${name}`);
  const needStore = (store) => {
    if (knowledge.stores.some(({ name }) => name === store)) return;
    const names = knowledge.stores.map(({ name }) => name).join(', ');
    throw refuse(400, 'knowledge.store_unknown', `There is no store '${store}'. There are: ${names}.`);
  };
  const baseOf = (name) => {
    need('knowledge:read', name);
    const found = knowledge.bases.find((each) => each.name === name);
    if (!found) throw refuse(404, 'knowledge.base_not_found', 'There is no such knowledge base. GET /api/v1/knowledge lists those that there are.');
    return found;
  };
  const rowOf = ([name, documentId]) => {
    const found = baseOf(name).rows.find((row) => row.id === documentId);
    if (!found) throw refuse(404, 'knowledge.document_not_found', 'The knowledge base has no such document.');
    return found;
  };
  const one = '/knowledge/([^/]+)';
  const route = (method, path, handle) => [method, new RegExp(`^${path}$`), handle];
  return [
    route('GET', '/knowledge', ({ query }) => {
      needSomewhere('knowledge:read');
      return page(knowledge.bases.filter(access.sees('knowledge:read', 'knowledge')).map(told), query);
    }),
    route('GET', '/knowledge-stores', () => {
      needSomewhere('knowledge:write');
      return { items: knowledge.stores };
    }),
    route('POST', '/knowledge', ({ body, query, response }) => {
      access.needToMake('knowledge:write', query);
      needStore(body.store ?? 'embedded');
      if (knowledge.bases.some((each) => each.name === body.name))
        throw refuse(409, 'knowledge.base_exists', `There is a knowledge base '${body.name}' already. Choose another name.`);
      const made = base(body.name, body.description, [], [], {
        model: body.model ?? 'builtin', store: body.store ?? 'embedded', reranker: body.reranker ?? null,
      });
      knowledge.bases.push(made);
      access.put(query, `knowledge:${made.name}`);
      response.statusCode = 201;
      return told(made);
    }),
    route('GET', one, ({ parts: [name] }) => told(baseOf(name))),
    route('PATCH', one, ({ parts: [name], body }) => {
      need('knowledge:write', name);
      if (body.reranker && body.reranker !== 'none' && !body.reranker.includes(':'))
        throw refuse(400, 'inference.bad_model_name', `'${body.reranker}' is not a model. Write provider:model.`);
      const changed = baseOf(name);
      if (typeof body.description === 'string') changed.description = body.description;
      if (body.reranker) changed.reranker = body.reranker === 'none' ? null : body.reranker;
      return told(changed);
    }),
    route('DELETE', one, ({ parts: [name], query, response }) => {
      need('knowledge:write', name);
      if (query.get('confirm') !== name) throw refuse(400, 'knowledge.not_confirmed', 'confirm must be the name of the knowledge base.');
      knowledge.bases.splice(knowledge.bases.indexOf(baseOf(name)), 1);
      response.statusCode = 204;
    }),
    route('GET', `${one}/documents`, ({ parts: [name], query }) =>
      page(baseOf(name).rows.filter((row) => !query.get('state') || row.state === query.get('state')), query)),
    route('POST', `${one}/documents`, ({ parts: [name], query, text, response }) => {
      need('knowledge:write', name);
      const rows = baseOf(name).rows;
      const called = query.get('document');
      if (text === '') throw refuse(400, 'knowledge.empty_document', 'The file is empty. Add one that has something in it.');
      const there = rows.find((row) => row.name === called);
      const facts = {
        readers: query.getAll('reader'), metadata: Object.fromEntries(query.getAll('metadata').map((pair) => pair.split('='))), at: query.get('at'),
      };
      const row = Object.assign(there ?? document(called, 'pending', text.length), facts);
      if (there) Object.assign(there, { state: 'pending', version: there.version + 1, sizeBytes: text.length });
      else rows.push(row);
      response.statusCode = there ? 200 : 201;
      return { document: row, change: there ? 'replaced' : 'added' };
    }),
    route('GET', `${one}/documents/([^/]+)`, ({ parts }) => rowOf(parts)),
    route('GET', `${one}/documents/([^/]+)/file`, ({ parts, response }) => {
      response.setHeader('Content-Type', 'application/octet-stream');
      response.end(`the file of ${rowOf(parts).name}`);
      return 'streaming';
    }),
    route('GET', `${one}/documents/([^/]+)/text`, ({ parts, query }) => {
      const row = rowOf(parts);
      if (row.state !== 'indexed') throw refuse(409, 'knowledge.not_indexed', 'The document has not been read yet, or could not be read.');
      const start = Number(query.get('start') ?? 0);
      const end = start + Number(query.get('length') ?? 20_000);
      const { text, passages } = row.written;
      return {
        version: row.version, start, text: text.slice(start, end), characters: text.length,
        passages: passages.filter((each) => each.start >= start && each.start < end),
      };
    }),
    route('POST', `${one}/documents/([^/]+)/retry`, ({ parts }) => {
      need('knowledge:write', parts[0]);
      return Object.assign(rowOf(parts), { state: 'pending', faultCode: null, faultMessage: null });
    }),
    route('DELETE', `${one}/documents/([^/]+)`, ({ parts, response }) => {
      need('knowledge:write', parts[0]);
      const { rows } = baseOf(parts[0]);
      rows.splice(rows.indexOf(rowOf(parts)), 1);
      response.statusCode = 204;
    }),
    route('POST', `${one}/ingest`, ({ parts: [name], request, response }) => {
      need('knowledge:write', name);
      if (!request.headers['idempotency-key']) throw refuse(400, 'fake.no_key', 'The key of the request is missing.');
      const { rows } = baseOf(name);
      if (count(rows, 'pending') === 0) throw refuse(409, 'knowledge.nothing_to_ingest', 'No document waits to be read.');
      response.statusCode = 202;
      return ingestion(state, name, rows);
    }),
    route('POST', `${one}/embed`, ({ parts: [name], body, request, response }) => {
      need('knowledge:write', name);
      if (!request.headers['idempotency-key']) throw refuse(400, 'fake.no_key', 'The key of the request is missing.');
      if (!/^builtin$|:/.test(body.model)) throw refuse(400, 'inference.bad_model_name', `'${body.model}' is not a model. Write provider:model.`);
      response.statusCode = 202;
      return vectorsRun(state, 'knowledge.embed', Object.assign(baseOf(name), { model: body.model }));
    }),
    route('POST', `${one}/move`, ({ parts: [name], body, request, response }) => {
      need('knowledge:write', name);
      if (!request.headers['idempotency-key']) throw refuse(400, 'fake.no_key', 'The key of the request is missing.');
      needStore(body.store);
      response.statusCode = 202;
      return vectorsRun(state, 'knowledge.move', Object.assign(baseOf(name), { store: body.store }));
    }),
    route('POST', `${one}/ask`, ({ parts: [name], body }) => ask(baseOf(name), body.question)),
    route('POST', `${one}/search`, ({ parts: [name], body }) => {
      const { passages, isPartial, microseconds } = ask(baseOf(name), body.query, body.synonyms !== false, body.boosts !== false);
      // Vectors alone find the others first.
      return { passages: body.way === 'vectors' ? passages.reverse() : passages, isPartial, microseconds };
    }),
    route('POST', `${one}/test`, ({ parts: [name] }) => {
      need('knowledge:write', name);
      return health(baseOf(name));
    }),
    route('GET', `${one}/synonyms`, ({ parts: [name] }) => ({ rules: baseOf(name).rules })),
    route('PUT', `${one}/synonyms`, ({ parts: [name], body }) => {
      need('knowledge:write', name);
      const wrong = body.rules.findIndex((rule) => rule !== '' && !rule.startsWith('#') && !/\S\s*(,|=>)\s*\S/.test(rule));
      if (wrong >= 0) {
        const why = 'it has one side only: write laptop, notebook or k8s => kubernetes';
        throw refuse(400, 'knowledge.bad_synonyms', `Rule ${wrong + 1}, '${body.rules[wrong]}', cannot be used: ${why}.`);
      }
      baseOf(name).rules = body.rules;
      return { rules: body.rules };
    }),
    route('GET', `${one}/boosts`, ({ parts: [name] }) => baseOf(name).boosts),
    route('PUT', `${one}/boosts`, ({ parts: [name], body }) => {
      need('knowledge:write', name);
      const twice = body.metadata.findIndex((rule, index) =>
        body.metadata.some((other, before) => before < index && other.key === rule.key && other.value === rule.value));
      if (twice >= 0) {
        const { key, value } = body.metadata[twice];
        throw refuse(400, 'knowledge.bad_boosts', `Rule ${twice + 1}, ${key}=${value}, cannot be used: it stands there twice.`);
      }
      baseOf(name).boosts = body;
      return body;
    }),
    ...sourceRoutes({ baseOf, document, page, need, refuse, state }),
  ];
}

/** A run that is over at once. */
function vectorsRun(state, kind, { name }) {
  const run = createRun(state, { input: `Vectors of ${name}`, workspaceId: null, model: null });
  return Object.assign(run, {
    kind, subject: name, subjectVersion: 1, model: null, status: 'completed', startedAt: at(0), endedAt: at(0), output: 'The vectors are there.',
  });
}

/** A run that has read one document more each time somebody looks at it. */
function ingestion(state, name, rows) {
  const run = createRun(state, { input: `Ingestion into ${name}`, workspaceId: null, model: null });
  const waiting = rows.filter((row) => row.state === 'pending');
  const all = waiting.length;
  Object.assign(run, { kind: 'knowledge.ingest', subject: name, subjectVersion: 1, model: null, status: 'running', startedAt: at(0), progress: 0 });
  Object.defineProperty(run, 'look', { enumerable: false, value: () => {
    const next = waiting.shift();
    if (next) (/broken.*pdf$/.test(next.name) ? fail : read)(next);
    run.progress = (all - waiting.length) / all;
    if (next || run.endedAt) return;
    Object.assign(run, { status: 'completed', endedAt: at(0), output: `${count(rows, 'indexed')} documents read, ${count(rows, 'failed')} not readable` });
  } });
  return run;
}

function health({ rows }) {
  const questions = count(rows, 'indexed');
  const finding = (isSo, code, message) => (isSo ? [{ code, message }] : []);
  return {
    score: questions === 0 ? null : Math.round((100 * questions) / rows.length), questions, foundFirst: Math.max(0, questions - 2),
    foundInTen: questions, reciprocalRank: questions === 0 ? 0 : 0.971, reciprocalRankByWords: 0.968, medianMicroseconds: questions === 0 ? 0 : 812,
    findings: [
      ...finding(count(rows, 'failed') > 0, 'documents_failed', 'Documents that could not be read: 1. Each says why: codexos kb docs handbook --state failed'),
      ...finding(questions === 0, 'nothing_to_ask', 'No document has a sentence to ask for.'),
    ],
  };
}

/** What was written in a question and is said otherwise in a passage, by the first rule that has a word of it. */
function matched(rules, query) {
  const sides = rules.filter((rule) => !rule.startsWith('#')).map((rule) => rule.replace(/\^.*/, '').split(/,|=>/).map((word) => word.trim()));
  return sides.filter(([written]) => written && query.includes(written)).map(([written, found]) => ({ written, found }));
}

function ask({ rows, reranker, rules, boosts }, query, withSynonyms = true, withBoosts = true) {
  const started = /nothing at all/.test(query) ? [] : rows.filter((row) => row.state === 'indexed').slice(0, 3);
  const passages = started.map((row, rank) => {
    const { passages: places, text } = row.written;
    const place = places[Math.min(122, places.length - 1)];
    return {
      documentId: row.id, document: row.name, title: row.title, version: row.version, place,
      text: text.slice(place.start, place.start + place.length), score: 0.912 / (rank + 1),
      scores: { lexical: 7.31 / (rank + 1), feedback: rank === 0 ? 1.2 : 0, dense: 0.611 - rank / 10, rerank: reranker && !/away/.test(query) ? 0.93 - rank / 5 : null }, matchedTerms: ['leav', 'dai'], metadata: {},
      synonyms: withSynonyms ? matched(rules, query) : [],
      boosts: withBoosts ? [
        ...boosts.metadata.map(({ key, value, factor }) => ({ kind: 'metadata', what: `${key}=${value}`, factor })),
        ...(boosts.newer ? [{ kind: 'newer', what: '12 days', factor: 1.91 }] : []),
      ] : [],
    };
  });
  const isAnswered = passages.length > 0 && !/volcano/.test(query);
  const citations = (isAnswered ? passages.slice(0, 2) : []).map(({ documentId, document: called, title, version, place, text }, at) => ({
    number: at + 1, documentId, document: called, title, version, place, start: place.start, length: sentences[0].length + 3,
    quote: text.slice(0, sentences[0].length + 3).trim(),
  }));
  return {
    isAnswered, citations, text: isAnswered ? citations.map((each) => `${each.quote} [${each.number}]`).join('\n') : null,
    coverage: isAnswered ? 0.87 : 0.21, unknownWords: isAnswered ? [] : ['volcano'], passages, isPartial: false, microseconds: 4_210,
    partialReason: null, rerankReason: reranker && /away/.test(query) ? 'inference.endpoint_down' : null,
  };
}

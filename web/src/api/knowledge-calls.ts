import { call, fetchFile, segment } from './client';
import type {
  AddedDocument, DocumentState, DocumentTextPart, KnowledgeAnswer, KnowledgeBase, KnowledgeBoosts, KnowledgeDocument, KnowledgeHealth,
  KnowledgeSource, KnowledgeStore, KnowledgeSynonyms, SearchAnswer, SearchWay, SourcePlace, SourceSchedule,
} from './knowledge-types';
import type { Page, Run } from './types';

// Every endpoint of the knowledge bases, one line each. What is cached, and for how long, is decided in `knowledge-queries.ts`.

type Signal = AbortSignal | undefined;

export interface NewBase {
  name: string;
  description: string;
  /** Null is the index of the server. */
  store?: string | null;
  /** Null is the index itself. */
  model?: string | null;
  /** Null is nobody. */
  reranker?: string | null;
}

export interface NewDocument {
  name: string;
  /** Its type is what the document is said to be. */
  file: Blob;
  readers: readonly string[];
  /** Pairs, each as key=value. */
  metadata: readonly string[];
  at: string | null;
}

const itemsMax = 25;
const pageMax = 100;

const at = (base: string) => `/knowledge/${segment(base)}`;
const documentAt = (base: string, id: string) => `${at(base)}/documents/${segment(id)}`;

export const listBases = (cursor: string | null, signal: Signal) =>
  call<Page<KnowledgeBase>>('GET', '/knowledge', { query: { limit: itemsMax, cursor }, signal });
export const getBase = (base: string, signal: Signal) => call<KnowledgeBase>('GET', at(base), { signal });
export const createBase = (base: NewBase, project: string | null = null) =>
  call<KnowledgeBase>('POST', '/knowledge', { query: { project }, body: base });
export const listStores = (signal: Signal) => call<{ items: KnowledgeStore[] }>('GET', '/knowledge-stores', { signal });
export const describeBase = (base: string, description: string) =>
  call<KnowledgeBase>('PATCH', at(base), { body: { description } });
export const rerankBase = (base: string, reranker: string) =>
  call<KnowledgeBase>('PATCH', at(base), { body: { reranker } });
export const deleteBase = (base: string) => call<void>('DELETE', at(base), { query: { confirm: base } });

export const listDocuments = (base: string, state: DocumentState | null, cursor: string | null, signal: Signal) =>
  call<Page<KnowledgeDocument>>('GET', `${at(base)}/documents`, { query: { state, limit: itemsMax, cursor }, signal });
export const getDocument = (base: string, id: string, signal: Signal) =>
  call<KnowledgeDocument>('GET', documentAt(base, id), { signal });
export const addDocument = (base: string, file: File, signal: Signal) =>
  call<AddedDocument>('POST', `${at(base)}/documents`, { query: { document: file.name }, file, signal });
/** A document with what is said of it, as an archive has it. */
export const putDocument = (base: string, document: NewDocument, signal: Signal) => {
  const { name, file, readers, metadata, at: time } = document;
  return call<AddedDocument>('POST', `${at(base)}/documents`, { query: { document: name, reader: readers, metadata, at: time }, file, signal });
};
export const retryDocument = (base: string, id: string) => call<KnowledgeDocument>('POST', `${documentAt(base, id)}/retry`);
export const deleteDocument = (base: string, id: string) => call<void>('DELETE', documentAt(base, id));
export const readDocumentText = (base: string, id: string, start: number, length: number, signal: Signal) =>
  call<DocumentTextPart>('GET', `${documentAt(base, id)}/text`, { query: { start, length }, signal });
/** A page of everything, as long as the API gives one. */
export const listAllDocuments = (base: string, cursor: string | null, signal: Signal) =>
  call<Page<KnowledgeDocument>>('GET', `${at(base)}/documents`, { query: { limit: pageMax, cursor }, signal });
export const fetchDocumentFile = (base: string, id: string, signal?: AbortSignal) =>
  fetchFile(`${documentAt(base, id)}/file`, 'application/octet-stream', undefined, signal);

export const ingest = (base: string, idempotencyKey: string) =>
  call<Run>('POST', `${at(base)}/ingest`, { headers: { 'Idempotency-Key': idempotencyKey } });
export const embedBase = (base: string, model: string, idempotencyKey: string) =>
  call<Run>('POST', `${at(base)}/embed`, { body: { model }, headers: { 'Idempotency-Key': idempotencyKey } });
export const moveBase = (base: string, store: string, idempotencyKey: string) =>
  call<Run>('POST', `${at(base)}/move`, { body: { store }, headers: { 'Idempotency-Key': idempotencyKey } });
export const newestIngestion = async (base: string, signal: Signal) =>
  (await call<Page<Run>>('GET', '/runs', { query: { kind: 'knowledge.ingest', subject: base, limit: 1 }, signal })).items[0] ?? null;

export const askKnowledge = (base: string, question: string, signal: Signal) =>
  call<KnowledgeAnswer>('POST', `${at(base)}/ask`, { body: { question }, signal });

/** Untuned is without the synonyms and the boosts of the base, to compare. */
export const searchKnowledge = (base: string, query: string, way: SearchWay, isTuned: boolean, signal: Signal) =>
  call<SearchAnswer>('POST', `${at(base)}/search`, {
    body: { query, way, limit: 10, ...(isTuned ? {} : { synonyms: false, boosts: false }) }, signal,
  });
export const getSynonyms = (base: string, signal?: AbortSignal) =>
  call<KnowledgeSynonyms>('GET', `${at(base)}/synonyms`, { signal });
export const setSynonyms = (base: string, rules: readonly string[]) =>
  call<KnowledgeSynonyms>('PUT', `${at(base)}/synonyms`, { body: { rules } });
export const getBoosts = (base: string, signal?: AbortSignal) => call<KnowledgeBoosts>('GET', `${at(base)}/boosts`, { signal });
export const setBoosts = (base: string, boosts: KnowledgeBoosts) =>
  call<KnowledgeBoosts>('PUT', `${at(base)}/boosts`, { body: boosts });
export const testKnowledge = (base: string) => call<KnowledgeHealth>('POST', `${at(base)}/test`);

const sourceAt = (base: string, source: string) => `${at(base)}/sources/${segment(source)}`;
export const listSources = (base: string, cursor: string | null, signal: Signal) =>
  call<Page<KnowledgeSource>>('GET', `${at(base)}/sources`, { query: { limit: itemsMax, cursor }, signal });
export const createSource = (base: string, source: { name: string; place: SourcePlace; schedule: SourceSchedule | null }) =>
  call<KnowledgeSource>('POST', `${at(base)}/sources`, { body: source });
export const changeSource = (base: string, source: string, change: { place: SourcePlace | null; schedule: SourceSchedule | null }) =>
  call<KnowledgeSource>('PATCH', sourceAt(base, source), { body: change });
export const pauseSource = (base: string, source: string, isPaused: boolean) =>
  call<KnowledgeSource>('PATCH', sourceAt(base, source), { body: { isPaused } });
export const syncSource = (base: string, source: string) => call<Run>('POST', `${sourceAt(base, source)}/sync`);
export const deleteSource = (base: string, source: string, withDocuments: boolean) =>
  call<void>('DELETE', sourceAt(base, source), { query: { documents: withDocuments ? 'delete' : 'keep' } });

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import * as calls from './knowledge-calls';
import { isOpen } from './queries';
import { type DocumentState, type DocumentTextPart, type SearchAnswer, type SearchWay, searchWays } from './knowledge-types';

// What the knowledge bases read. An ingestion changes it from outside, so a base that is being read is looked at again and again.

export const knowledgeKeys = {
  all: ['knowledge'] as const,
  bases: ['knowledge', 'bases'] as const,
  stores: ['knowledge-stores'] as const,
  base: (base: string) => ['knowledge', 'base', base] as const,
  sources: (base: string) => ['knowledge', 'sources', base] as const,
  ingestion: (base: string) => ['knowledge-ingestion', base] as const,
};

const freshMs = 15_000;
const liveMs = 1_500; // while an ingestion is under way
const idleMs = 15_000; // one may be started from a terminal at any time

export const basesQuery = () =>
  infiniteQueryOptions({
    queryKey: knowledgeKeys.bases,
    queryFn: ({ signal, pageParam }) => calls.listBases(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: freshMs,
  });

export const baseQuery = (base: string) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'head'],
    queryFn: ({ signal }) => calls.getBase(base, signal),
    staleTime: freshMs,
  });

/** They are set up before the server starts. */
export const storesQuery = () =>
  queryOptions({
    queryKey: knowledgeKeys.stores,
    queryFn: async ({ signal }) => (await calls.listStores(signal)).items,
    staleTime: freshMs,
  });

export const documentsQuery = (base: string, state: DocumentState | null) =>
  infiniteQueryOptions({
    queryKey: [...knowledgeKeys.base(base), 'documents', state],
    queryFn: ({ signal, pageParam }) => calls.listDocuments(base, state, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: freshMs,
  });

export const documentQuery = (base: string, id: string) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'document', id],
    queryFn: ({ signal }) => calls.getDocument(base, id, signal),
    staleTime: freshMs,
  });

/** The newest ingestion of a base, whoever started it; null if there was none. */
export const ingestionQuery = (base: string) =>
  queryOptions({
    queryKey: knowledgeKeys.ingestion(base),
    queryFn: ({ signal }) => calls.newestIngestion(base, signal),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.status) ? liveMs : idleMs),
  });

/** The sources of a base, looked at again and again while one of them is synchronised. */
export const sourcesQuery = (base: string) =>
  infiniteQueryOptions({
    queryKey: knowledgeKeys.sources(base),
    queryFn: ({ signal, pageParam }) => calls.listSources(base, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: freshMs,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((source) => source.state === 'syncing')) ? liveMs : idleMs,
  });

export const answerQuery = (base: string, question: string) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'answer', question],
    queryFn: ({ signal }) => calls.askKnowledge(base, question, signal),
    enabled: question !== '',
    staleTime: freshMs,
  });

export const synonymsQuery = (base: string) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'synonyms'],
    queryFn: ({ signal }) => calls.getSynonyms(base, signal),
    staleTime: freshMs,
  });

export const boostsQuery = (base: string) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'boosts'],
    queryFn: ({ signal }) => calls.getBoosts(base, signal),
    staleTime: freshMs,
  });

/** What each way of looking finds. One after the other, so that none of them takes another's time. */
export const comparisonQuery = (base: string, question: string, withUntuned: boolean) =>
  queryOptions({
    queryKey: [...knowledgeKeys.base(base), 'comparison', question, withUntuned],
    queryFn: async ({ signal }) => {
      const found = new Map<SearchWay, SearchAnswer>();
      for (const way of searchWays) found.set(way, await calls.searchKnowledge(base, question, way, true, signal));
      const untuned = withUntuned ? await calls.searchKnowledge(base, question, 'hybrid', false, signal) : null;
      return { ways: Object.fromEntries(found) as Record<SearchWay, SearchAnswer>, untuned };
    },
    enabled: question !== '',
    staleTime: freshMs,
  });

const stretchLength = 20_000;
const seenBefore = 2_000; // of the text before a passage that is cited
const looksMax = 24; // halving a text of any size ends sooner

export interface Stretch {
  start: number;
  length: number;
}

/** The text of a document, from a little before the passage that is cited, or from its beginning. */
export const documentTextQuery = (base: string, id: string, characters: number, cited: number | null) =>
  infiniteQueryOptions({
    queryKey: [...knowledgeKeys.base(base), 'document', id, 'text', cited],
    queryFn: async ({ signal, pageParam }): Promise<DocumentTextPart> => {
      const stretch = pageParam ?? (await stretchAround(cited, characters, (start) =>
        calls.readDocumentText(base, id, start, stretchLength, signal)));
      return calls.readDocumentText(base, id, stretch.start, stretch.length, signal);
    },
    initialPageParam: null as Stretch | null,
    getNextPageParam: (part): Stretch | undefined => {
      const start = part.start + part.text.length;
      return start < part.characters ? { start, length: stretchLength } : undefined;
    },
    getPreviousPageParam: (part): Stretch | undefined => {
      const start = Math.max(0, part.start - stretchLength);
      return part.start > 0 ? { start, length: part.start - start } : undefined;
    },
    staleTime: Infinity,
  });

/**
 * A citation names a passage by its number; where that begins is found by halving, since each stretch says the numbers of the
 * passages in it. A passage that is not there shows the document from its beginning.
 */
export async function stretchAround(
  cited: number | null, characters: number, read: (start: number) => Promise<DocumentTextPart>,
): Promise<Stretch> {
  let low = 0;
  let high = cited === null ? 0 : characters;
  for (let look = 0; low < high && look < looksMax; look++) {
    const from = look === 0 || high - low <= stretchLength ? low : Math.floor((low + high) / 2);
    const { passages, text } = await read(from);
    const found = passages.find((passage) => passage.ordinal === cited);
    if (found) return { start: Math.max(0, found.start - seenBefore), length: stretchLength };
    const last = passages.at(-1);
    if (last && last.ordinal < cited!) low = from + Math.max(1, text.length);
    else high = from;
  }
  return { start: 0, length: stretchLength };
}

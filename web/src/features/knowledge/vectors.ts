import type { KnowledgeStore } from '@/api/knowledge-types';

/** What stands for the index itself in place of a model. */
export const builtInModel = 'builtin';

/** What stands for the index itself in place of a store. */
export const embeddedStore = 'embedded';

/** Whether a model that makes vectors is asked outside of the server, which is sent all passages and questions. */
export const isAskedElsewhere = (model: string) => model !== builtInModel && !/^(builtin|local):/.test(model);

/** What stands for no reranker. */
export const noReranker = 'none';

const kinds = { chroma: 'Chroma', pgvector: 'pgvector' };

/** The stores to choose from, in words. One that a base lies in and that is not set up any more can be left, not chosen. */
export function storeOptions(stores: readonly KnowledgeStore[], chosen: string) {
  const options = stores.map(({ name, kind }) => ({
    value: name, label: name === embeddedStore ? 'Index of the server' : kind ? `${name} (${kinds[kind]})` : name, disabled: false,
  }));
  const isThere = options.some(({ value }) => value === chosen);
  return isThere ? options : [{ value: chosen, label: `${chosen} (not set up)`, disabled: true }, ...options];
}

/** What stands for the index itself in place of a model. */
export const builtInModel = 'builtin';

/** What stands for the index itself in place of a store. */
export const embeddedStore = 'embedded';

/** Whether a model that makes vectors is asked outside of the server, which is sent all passages and questions. */
export const isAskedElsewhere = (model: string) => model !== builtInModel && !/^(builtin|local):/.test(model);

/** What stands for no reranker. */
export const noReranker = 'none';

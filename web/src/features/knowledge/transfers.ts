import { ApiError } from '@/api/errors';
import {
  createBase, fetchDocumentFile, getBase, getBoosts, getSynonyms, ingest, listAllDocuments, putDocument, setBoosts, setSynonyms,
} from '@/api/knowledge-calls';
import type { KnowledgeBase, KnowledgeDocument } from '@/api/knowledge-types';
import { sha256 } from '@/lib/inclusion';
import { randomKey } from '@/lib/random';
import { type ArchivedBase, type Digest, readArchive, writeArchive } from './archive';

// Bases out of the server into an archive, and back in. The browser makes and reads the archive; the server knows documents.

export interface Progress {
  /** What is done now. */
  phase: 'writing' | 'checking' | 'sending';
  done: number;
  /** Null while nobody knows. */
  total: number | null;
}

type Tell = (progress: Progress) => void;

function digestOfBrowser(): Digest {
  if (sha256) return sha256;
  throw new ApiError({
    status: 0,
    code: 'archive.no_digest',
    message: 'The browser computes no checksums on a page of plain HTTP. Open CodexOS over HTTPS, or use codexos kb export and codexos kb import.',
  });
}

export interface Exported {
  archive: Blob;
  count: number;
  /** Documents that were deleted before they were read. */
  gone: number;
}

/** Everything of a base that the caller may read. */
export async function exportBase(base: KnowledgeBase, signal: AbortSignal, tell: Tell): Promise<Exported> {
  const [{ rules }, boosts] = await Promise.all([getSynonyms(base.name, signal), getBoosts(base.name, signal)]);
  const pieces = writeArchive({
    base,
    synonyms: rules,
    boosts,
    documents: documentsOf(base.name, signal),
    read: (document) => fileOf(base.name, document.id, signal),
    digest: digestOfBrowser(),
    now: new Date(),
    onDocument: (done) => tell({ phase: 'writing', done, total: base.documents }),
  });
  let counts = { count: 0, gone: 0 };
  let problem: unknown = null;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async (controller) => {
      try {
        const { done, value } = await pieces.next();
        if (!done) return controller.enqueue(value);
        counts = value;
        controller.close();
      } catch (error) {
        problem = error;
        controller.error(error);
      }
    },
  });
  try {
    const archive = await new Response(stream.pipeThrough(new CompressionStream('gzip'))).blob();
    return { archive, ...counts };
  } catch (error) {
    // A response that breaks tells less than what broke it.
    throw problem ?? error;
  }
}

async function* documentsOf(base: string, signal: AbortSignal): AsyncGenerator<KnowledgeDocument> {
  let cursor: string | null = null;
  do {
    const page = await listAllDocuments(base, cursor, signal);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function fileOf(base: string, id: string, signal: AbortSignal) {
  try {
    return new Uint8Array(await (await fetchDocumentFile(base, id, signal)).arrayBuffer());
  } catch (error) {
    if (error instanceof ApiError && error.code === 'knowledge.document_not_found') return null;
    throw error;
  }
}

export interface ImportWish {
  file: Blob;
  /** What the base shall be called; as it was if empty. */
  name: string;
  /** The project to make it in; null for none. One that is there stays where it is. */
  project: string | null;
  /** Whether it may be one that is there. */
  isMerged: boolean;
  withoutReaders: boolean;
}

export interface Imported {
  name: string;
  documents: number;
  changed: number;
  /** What this server did not take of the synonyms and boosts, and why. */
  refused: readonly string[];
}

/** Makes a base of an archive. All of it is verified before anything is changed. */
export async function importBase(wish: ImportWish, signal: AbortSignal, tell: Tell): Promise<Imported> {
  const digest = digestOfBrowser();
  let checked = 0;
  const { base, documents } = await readArchive(wish.file, {
    digest, signal, onDocument: async () => tell({ phase: 'checking', done: ++checked, total: null }),
  });
  const name = wish.name || base.name;
  const refused = (await make(name, base, wish, signal)) ? await tune(name, base) : [];
  let [sent, changed] = [0, 0];
  await readArchive(wish.file, {
    digest,
    signal,
    onDocument: async (document, content) => {
      const added = await putDocument(name, {
        name: document.name,
        file: new Blob([content], { type: document.mediaType ?? 'application/octet-stream' }),
        readers: wish.withoutReaders ? [] : document.readers,
        metadata: Object.entries(document.metadata).map(([key, value]) => `${key}=${value}`),
        at: document.at,
      }, signal);
      if (added.change !== 'unchanged') changed++;
      tell({ phase: 'sending', done: ++sent, total: documents });
    },
  });
  if (changed > 0) await ingest(name, randomKey());
  return { name, documents, changed, refused };
}

/** Whether the base is new. */
async function make(name: string, base: ArchivedBase, { project, isMerged }: ImportWish, signal: AbortSignal) {
  try {
    await createBase({ name, description: base.description }, project);
    return true;
  } catch (error) {
    const isThere = error instanceof ApiError && error.code === 'knowledge.base_exists';
    if (!isThere || !isMerged) throw error;
    await getBase(name, signal);
    return false;
  }
}

/** Gives a new base its synonyms and boosts. Another server may allow fewer of them, and the documents are taken all the same. */
async function tune(name: string, { synonyms, boosts }: ArchivedBase) {
  const refused: string[] = [];
  const take = async (set: Promise<unknown>) => {
    try {
      await set;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400) throw error;
      refused.push(error.message);
    }
  };
  if (synonyms && synonyms.length > 0) await take(setSynonyms(name, synonyms));
  if (boosts) await take(setBoosts(name, boosts));
  return refused;
}

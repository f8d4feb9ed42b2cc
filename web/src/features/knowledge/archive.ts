import { ApiError } from '@/api/errors';
import type { KnowledgeBase, KnowledgeBoosts, KnowledgeDocument } from '@/api/knowledge-types';
import { formatBytes } from '@/lib/format';
import { readTar, tarEnd, tarEntry, type TarEntry } from '@/lib/tar';

// A knowledge base in a tar file that is packed with gzip, as "codexos kb export" writes it and "codexos kb import" reads it:
// base.json, of each document documents/N.json and its file below files/N/, and end.json, without which it is cut off.

const formatVersion = 1;
const factsBytesMax = 1024 * 1024;
const baseName = 'base.json';
const endName = 'end.json';

/** A browser keeps what it makes or reads, so larger bases are for the command line. */
export const archiveBytesMax = 1024 ** 3;
export const fileBytesMax = 256 * 1024 ** 2;

export interface ArchivedBase {
  formatVersion: number;
  name: string;
  description: string;
  exportedAt: string;
  /** Not in archives that say nothing of it. */
  synonyms?: readonly string[] | null;
  boosts?: KnowledgeBoosts | null;
}

export interface ArchivedDocument {
  name: string;
  file: string;
  sizeBytes: number;
  sha256: string;
  mediaType: string | null;
  readers: string[];
  metadata: Record<string, string>;
  at: string | null;
}

type Bytes = Uint8Array<ArrayBuffer>;
export type Digest = (bytes: Bytes) => Promise<Bytes>;

const refusal = (code: string, message: string) => new ApiError({ status: 0, code, message });
const damaged = (why: string) =>
  refusal('archive.damaged', `This is no whole archive of a knowledge base: ${why}. Export it again.`);
export const tooLarge = (bytes: number) =>
  refusal(
    'archive.too_large',
    `A browser takes archives of up to ${formatBytes(archiveBytesMax)}, and this one has ${formatBytes(bytes)}. Use codexos kb export and codexos kb import.`,
  );

const json = (facts: unknown) => new TextEncoder().encode(`${JSON.stringify(facts, null, 2)}\n`);
const hex = (bytes: Bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const six = (number: number) => String(number).padStart(6, '0');
const factsName = (number: number) => `documents/${six(number)}.json`;

/** Where a document's file is put: its name as far as it can be one of a file, behind its number. */
export function fileNameOf(number: number, name: string): string {
  // By the units of UTF-16, as the command line does it: half a character is none.
  const plain = (part: string) => part.replace(/[\p{Cc}\uD800-\uDFFF:*?"<>|]/gu, '_').replace(/[^\x20-\uFFFF]/gu, '__');
  const short = (part: string) => (part.length <= 80 ? part : part.slice(0, 60) + part.slice(-20));
  const parts = name.split(/[/\\]/).filter((part) => !['', '.', '..'].includes(part)).map((part) => short(plain(part)));
  return `files/${six(number)}/${parts.length > 0 ? parts.join('/') : 'document'}`;
}

export interface ExportSource {
  base: Pick<KnowledgeBase, 'name' | 'description'>;
  synonyms: readonly string[];
  boosts: KnowledgeBoosts;
  documents: AsyncIterable<KnowledgeDocument>;
  /** The file of a document; null if that was deleted meanwhile. */
  read: (document: KnowledgeDocument) => Promise<Bytes | null>;
  digest: Digest;
  now: Date;
  onDocument: (count: number) => void;
}

/** The pieces of an archive, in order. What it returns at the end is how many documents were gone before they were read. */
export async function* writeArchive(source: ExportSource): AsyncGenerator<Bytes, { count: number; gone: number }, undefined> {
  const { base, now } = source;
  let [count, gone, bytes] = [0, 0, 0];
  const first: ArchivedBase = {
    formatVersion, name: base.name, description: base.description, exportedAt: now.toISOString(), synonyms: source.synonyms,
    boosts: source.boosts,
  };
  yield* tarEntry(baseName, json(first), now);
  for await (const document of source.documents) {
    const content = await source.read(document);
    if (content === null) {
      gone++;
      continue;
    }
    bytes += content.length;
    if (bytes > archiveBytesMax) throw tooLarge(bytes);
    count++;
    const facts: ArchivedDocument = {
      name: document.name, file: fileNameOf(count, document.name), sizeBytes: content.length, sha256: hex(await source.digest(content)),
      mediaType: document.mediaType || null, readers: document.readers as string[], metadata: document.metadata, at: document.at,
    };
    const changedAt = new Date(document.changedAt);
    yield* tarEntry(factsName(count), json(facts), changedAt);
    yield* tarEntry(facts.file, content, changedAt);
    source.onDocument(count);
  }
  yield* tarEntry(endName, json({ documents: count }), now);
  yield tarEnd();
  return { count, gone };
}

export interface ArchiveReader {
  digest: Digest;
  signal: AbortSignal;
  onBase?: (base: ArchivedBase) => Promise<void>;
  onDocument?: (document: ArchivedDocument, content: Bytes) => Promise<void>;
}

/** Reads an archive to its end, packed or not, and verifies all that it reads. */
export async function readArchive(file: Blob, reader: ArchiveReader): Promise<{ base: ArchivedBase; documents: number }> {
  const entries = readTar(await unpacked(file), fileBytesMax);
  const next = async (): Promise<TarEntry | null> => {
    reader.signal.throwIfAborted();
    try {
      const { done, value } = await entries.next();
      return done ? null : value;
    } catch {
      // What a browser says of bytes that cannot be unpacked is its own.
      throw damaged('it cannot be read to its end');
    }
  };
  try {
    const base = factsOf(await next(), baseName, isBase) ?? missing(`it does not begin with ${baseName}`);
    if (base.formatVersion !== formatVersion) {
      throw refusal(
        'archive.other_version',
        `The archive has version ${base.formatVersion} of the format; this page reads version ${formatVersion}. Use the CodexOS that wrote it.`,
      );
    }
    await reader.onBase?.(base);
    for (let [number, bytes] = [1, 0]; ; number++) {
      const entry = await next();
      if (!entry) throw damaged('it is cut off');
      if (entry.name === endName) {
        const end = factsOf(entry, endName, (value): value is { documents: number } => typeof value.documents === 'number');
        if (end?.documents !== number - 1) throw damaged('documents are missing in it');
        return { base, documents: number - 1 };
      }
      const document = factsOf(entry, factsName(number), isDocument) ?? missing(`${factsName(number)} is missing in it`);
      const content = (await next()) ?? missing('it is cut off');
      bytes += content.content.length;
      if (bytes > archiveBytesMax) throw tooLarge(bytes);
      const isWritten = content.name === document.file && content.content.length === document.sizeBytes
        && hex(await reader.digest(content.content)) === document.sha256;
      if (!isWritten) throw damaged(`${document.file} is not what was written`);
      await reader.onDocument?.(document, content.content);
    }
  } finally {
    await entries.return();
  }
}

async function unpacked(file: Blob): Promise<ReadableStream<Bytes>> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const bytes = file.stream() as ReadableStream<Bytes>;
  return first === 0x1f && second === 0x8b ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes;
}

function missing(why: string): never {
  throw damaged(why);
}

function factsOf<T>(entry: TarEntry | null, name: string, isSo: (value: Record<string, unknown>) => value is T & Record<string, unknown>): T | null {
  if (entry?.name !== name || entry.content.length > factsBytesMax) return null;
  const value = parsed(new TextDecoder().decode(entry.content));
  return typeof value === 'object' && value !== null && isSo(value as Record<string, unknown>) ? (value as T) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isBase = (value: Record<string, unknown>): value is ArchivedBase & Record<string, unknown> =>
  typeof value.formatVersion === 'number' && isText(value.name) && isText(value.description);
const isDocument = (value: Record<string, unknown>): value is ArchivedDocument & Record<string, unknown> =>
  isText(value.name) && isText(value.file) && isText(value.sha256) && typeof value.sizeBytes === 'number'
  && Array.isArray(value.readers) && value.readers.every(isText)
  && typeof value.metadata === 'object' && value.metadata !== null && Object.values(value.metadata).every(isText)
  && (value.at == null || isText(value.at)) && (value.mediaType == null || isText(value.mediaType));

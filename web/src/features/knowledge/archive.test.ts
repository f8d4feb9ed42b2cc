// @vitest-environment node
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KnowledgeDocument } from '@/api/knowledge-types';
import { tarEnd, tarEntry } from '@/lib/tar';
import { type ArchivedDocument, type Digest, fileNameOf, readArchive, writeArchive } from './archive';

const now = new Date('2026-03-01T12:00:00Z');
const digest: Digest = async (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());
const bytes = (text: string) => new TextEncoder().encode(text);
const document = (name: string, more: Partial<KnowledgeDocument> = {}): KnowledgeDocument => ({
  id: `doc_${name}`, name, state: 'indexed', version: 1, mediaType: 'text/plain', format: 'text', title: null, sizeBytes: 1, passages: 1,
  characters: 1, faultCode: null, faultMessage: null, readers: [], metadata: {}, at: null, createdAt: now.toISOString(),
  changedAt: now.toISOString(), addedBy: 'usr_1', sourceId: null, ...more,
});
const documents = [
  document('notes.md', { readers: ['usr_2'], metadata: { site: 'Oslo', 'a=b': 'c=d' }, at: '2026-01-01T00:00:00Z' }),
  document('deleted.md'),
  document('über/Ärger.txt', { mediaType: '' }),
];

const synonyms = ['# pumps', 'relief => safety'];
const boosts = { fields: { title: 4, headings: 2, text: 1 }, metadata: [], newer: { halfLifeDays: 30, factor: 2 } };

async function written(list = documents) {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const pieces = writeArchive({
    base: { name: 'handbook', description: 'What we know.' }, synonyms, boosts,
    documents: (async function* () { yield* list; })(),
    read: async (each) => (each.name === 'deleted.md' ? null : bytes(`the file of ${each.name}`)),
    digest, now, onDocument: () => undefined,
  });
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return { parts, counts: value };
    parts.push(value);
  }
}

const packed = (parts: Uint8Array<ArrayBuffer>[]) =>
  new Response(new Blob(parts).stream().pipeThrough(new CompressionStream('gzip'))).blob();

async function readAll(file: Blob) {
  const found: [ArchivedDocument, string][] = [];
  const { base, documents: count } = await readArchive(file, {
    digest, signal: new AbortController().signal,
    onDocument: async (each, content) => void found.push([each, new TextDecoder().decode(content)]),
  });
  return { base, count, found };
}

describe('An archive of a knowledge base', () => {
  it.each([['packed', packed], ['plain', async (parts: Uint8Array<ArrayBuffer>[]) => new Blob(parts)]] as const)(
    'that is %s gives back what was written, without what was deleted meanwhile', async (_, pack) => {
      const { parts, counts } = await written();
      expect(counts).toEqual({ count: 2, gone: 1 });
      const { base, count, found } = await readAll(await pack(parts));
      expect(base).toEqual({
        formatVersion: 1, name: 'handbook', description: 'What we know.', exportedAt: now.toISOString(), synonyms, boosts,
      });
      expect(count).toBe(2);
      expect(found.map(([each, content]) => [each.name, each.mediaType, each.readers, each.metadata, each.at, content])).toEqual([
        ['notes.md', 'text/plain', ['usr_2'], { site: 'Oslo', 'a=b': 'c=d' }, '2026-01-01T00:00:00Z', 'the file of notes.md'],
        ['über/Ärger.txt', null, [], {}, null, 'the file of über/Ärger.txt'],
      ]);
    });

  it('without its end, with another file or without one of its files is damaged', async () => {
    const { parts } = await written();
    const end = parts.length - 4; // the end is a header, a content, what fills its block, and the end of the tar file
    await expect(readAll(new Blob(parts.slice(0, end)))).rejects.toMatchObject({ code: 'archive.damaged' });
    await expect(readAll(new Blob([...parts.slice(0, end), tarEnd()]))).rejects.toThrow('cut off');
    const other = parts.map((part) => (new TextDecoder().decode(part) === 'the file of notes.md' ? bytes('the file of nobody..') : part));
    await expect(readAll(new Blob(other))).rejects.toThrow('notes.md is not what was written');
    const shorter = [...parts.slice(0, 3), ...parts.slice(end)];
    await expect(readAll(new Blob(shorter))).rejects.toThrow('documents are missing');
  });

  it('that is none is told, packed or not', async () => {
    await expect(readAll(new Blob(['hello']))).rejects.toMatchObject({ code: 'archive.damaged' });
    await expect(readAll(new Blob([new Uint8Array([0x1f, 0x8b, 1, 2, 3])]))).rejects.toMatchObject({ code: 'archive.damaged' });
    await expect(readAll(new Blob([]))).rejects.toMatchObject({ code: 'archive.damaged' });
  });

  it('of another version is told', async () => {
    const base = bytes(JSON.stringify({ formatVersion: 2, name: 'handbook', description: '' }));
    await expect(readAll(new Blob([...tarEntry('base.json', base, now), tarEnd()]))).rejects.toMatchObject({ code: 'archive.other_version' });
  });

  it('stops where somebody gives up', async () => {
    const { parts } = await written();
    const giving = new AbortController();
    const taken: string[] = [];
    const reading = readArchive(new Blob(parts), {
      digest, signal: giving.signal,
      onDocument: async (each) => {
        taken.push(each.name);
        giving.abort();
      },
    });
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(taken).toEqual(['notes.md']);
  });
});

describe('The place of a file in an archive', () => {
  it('is its name as far as that can be one of a file', () => {
    expect(fileNameOf(7, 'a/../b\\c:d?.txt')).toBe('files/000007/a/b/c_d_.txt');
    expect(fileNameOf(1, '../..')).toBe('files/000001/document');
    expect(fileNameOf(1, '🙂.txt')).toBe('files/000001/__.txt');
    expect(fileNameOf(1, `${'x'.repeat(100)}.pdf`)).toBe(`files/000001/${'x'.repeat(60)}${'x'.repeat(16)}.pdf`);
  });
});

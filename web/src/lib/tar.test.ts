// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { readTar, tarEnd, tarEntry, TarError } from './tar';

const at = new Date('2026-03-01T12:00:00Z');
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** A stream that comes in pieces of whatever size. */
function streamOf(parts: Uint8Array<ArrayBuffer>[], pieceBytes: number) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => (whole.set(part, offset), offset + part.length), 0);
  let from = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (from >= whole.length) return controller.close();
      controller.enqueue(whole.slice(from, from + pieceBytes));
      from += pieceBytes;
    },
  });
}

async function read(parts: Uint8Array<ArrayBuffer>[], bytesMax = 10_000, pieceBytes = 100) {
  const found: [string, string][] = [];
  for await (const entry of readTar(streamOf(parts, pieceBytes), bytesMax)) found.push([entry.name, text(entry.content)]);
  return found;
}

describe('A tar file', () => {
  const names = ['base.json', 'files/000001/Ärger über 12 °C.pdf', `files/000002/${'long/'.repeat(40)}end.txt`, 'empty'];
  const files: [string, string][] = names.map((name, number) => [name, 'x'.repeat(number === 3 ? 0 : 511 + number)]);
  const parts = [...files.flatMap(([name, content]) => tarEntry(name, bytes(content), at)), tarEnd()];

  it.each([1, 100, 512, 1_000_000])('gives back its files, in pieces of %i bytes', async (pieceBytes) => {
    expect(await read(parts, 10_000, pieceBytes)).toEqual(files);
  });

  it('has blocks of 512 bytes, and ends with two that are empty', () => {
    expect(parts.reduce((sum, part) => sum + part.length, 0) % 512).toBe(0);
    expect(tarEnd()).toHaveLength(1024);
  });

  it('says its sum as POSIX counts it', () => {
    const [header] = tarEntry('a', bytes(''), new Date(0));
    expect(text(header!.subarray(148, 156))).toBe('006066\0 ');
  });

  it('that is cut off, is none, has something else or more than is taken is refused', async () => {
    await expect(read(parts.slice(0, 2))).rejects.toThrow(TarError);
    await expect(read([bytes('no tar file '.repeat(100))])).rejects.toThrow('no tar file');
    await expect(read(parts, 500)).rejects.toThrow('511 bytes');
    const link = tarEntry('a', bytes(''), at);
    link[0]![156] = '2'.charCodeAt(0);
    link[0]![153]! += 2; // the sum goes with it
    await expect(read([...link, tarEnd()])).rejects.toThrow(TarError);
  });
});

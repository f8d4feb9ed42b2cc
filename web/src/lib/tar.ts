// Tar files as POSIX.1-2001 (pax) has them: regular files only, and long names in a record before their file.

export interface TarEntry {
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

/** What is no tar file, or is cut off. */
export class TarError extends Error {}

const block = 512;
const nameBytesMax = 100;
const recordBytesMax = 64 * 1024;
const encoder = new TextEncoder();

/** One file of an archive. */
export function tarEntry(name: string, content: Uint8Array<ArrayBuffer>, at: Date): Uint8Array<ArrayBuffer>[] {
  const path = encoder.encode(name);
  const isPlain = path.length <= nameBytesMax && path.length === name.length;
  const record = isPlain ? [] : file('pax', 'x', encoder.encode(paxRecord('path', name)), at);
  return [...record, ...file(isPlain ? name : 'long-name', '0', content, at)];
}

/** What an archive ends with. */
export const tarEnd = () => new Uint8Array(2 * block);

function file(name: string, type: string, content: Uint8Array<ArrayBuffer>, at: Date): Uint8Array<ArrayBuffer>[] {
  const header = new Uint8Array(block);
  const put = (offset: number, text: string) => header.set(encoder.encode(text), offset);
  const octal = (offset: number, digits: number, value: number) => put(offset, `${value.toString(8).padStart(digits, '0')}\0`);
  put(0, name);
  octal(100, 7, 0o600);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, content.length);
  octal(136, 11, Math.max(0, Math.floor(at.getTime() / 1000)));
  put(156, type);
  put(257, 'ustar\x0000');
  put(148, `${checksum(header).toString(8).padStart(6, '0')}\0 `);
  return [header, content, new Uint8Array((block - (content.length % block)) % block)];
}

/** A record says its own length, with the digits of the length. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + String(bytes).length;
  if (String(length).length !== String(bytes).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

/** The sum of a header, with its own place as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
}

/** The files of an archive, one after another. Larger ones than `bytesMax` are refused. */
export async function* readTar(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>, bytesMax: number,
): AsyncGenerator<TarEntry, void, undefined> {
  const source = createSource(bytes);
  try {
    let longName: string | null = null;
    for (;;) {
      const header = await source.take(block);
      if (header.every((byte) => byte === 0)) return;
      if (numberAt(header, 148, 8) !== checksum(header)) throw new TarError('It is no tar file.');
      const type = String.fromCharCode(header[156]!);
      const size = numberAt(header, 124, 12);
      const isRecord = type === 'x' || type === 'g';
      if (!isRecord && type !== '0' && type !== '\0') throw new TarError('It has something else than files.');
      if (size > (isRecord ? recordBytesMax : bytesMax)) throw new TarError(`A file of ${size} bytes is in it.`);
      const content = await source.take(size);
      await source.take((block - (size % block)) % block);
      if (type === 'x') longName = pathOf(content);
      if (isRecord) continue;
      const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : '';
      const name = textAt(header, 0, nameBytesMax);
      yield { name: longName ?? (prefix ? `${prefix}/${name}` : name), content };
      longName = null;
    }
  } finally {
    await source.close();
  }
}

function textAt(header: Uint8Array<ArrayBuffer>, offset: number, length: number): string {
  const end = header.subarray(offset, offset + length).indexOf(0);
  return new TextDecoder().decode(header.subarray(offset, offset + (end < 0 ? length : end)));
}

function numberAt(header: Uint8Array<ArrayBuffer>, offset: number, length: number): number {
  const text = textAt(header, offset, length).trim();
  if (!/^[0-7]+$/.test(text)) throw new TarError('It is no tar file.');
  return parseInt(text, 8);
}

/** The name in a pax record, if there is one. */
function pathOf(content: Uint8Array<ArrayBuffer>): string | null {
  let path: string | null = null;
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = Number(new TextDecoder().decode(content.subarray(at, space < 0 ? at : space)));
    if (!Number.isInteger(length) || length < 5 || at + length > content.length) throw new TarError('A record of it cannot be read.');
    const [key, ...value] = new TextDecoder().decode(content.subarray(space + 1, at + length - 1)).split('=');
    if (key === 'path') path = value.join('=');
    at += length;
  }
  return path;
}

/** Bytes of a stream in the pieces that are asked for. */
function createSource(bytes: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = bytes.getReader();
  let rest = new Uint8Array(0);
  return {
    take: async (length: number): Promise<Uint8Array<ArrayBuffer>> => {
      const taken = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (rest.length === 0) {
          const { done, value } = await reader.read();
          if (done) throw new TarError('It is cut off.');
          rest = value;
          continue;
        }
        const part = rest.subarray(0, length - filled);
        taken.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return taken;
    },
    close: () => reader.cancel().catch(() => undefined),
  };
}

import { describe, expect, it } from 'vitest';
import { stretchAround } from './knowledge-queries';

/** A document with a passage every thousand characters, read in stretches of ten thousand. */
function documentOf(characters: number) {
  let reads = 0;
  const read = async (start: number) => {
    reads++;
    const end = Math.min(start + 10_000, characters);
    const passages = [];
    for (let ordinal = Math.ceil(start / 1_000); ordinal * 1_000 < end; ordinal++)
      passages.push({ ordinal, start: ordinal * 1_000, length: 1_000, headings: [], from: null, to: null });
    return { version: 1, start, text: 'x'.repeat(end - start), characters, passages };
  };
  return { read, reads: () => reads };
}

describe('The stretch of a document that shows a citation', () => {
  it('is the beginning when nothing is cited, and asks for nothing to know that', async () => {
    const document = documentOf(5_000_000);
    expect((await stretchAround(null, 5_000_000, document.read)).start).toBe(0);
    expect(document.reads()).toBe(0);
  });

  it('begins a little before the passage, wherever it is, after few looks', async () => {
    for (const ordinal of [0, 1, 9, 10, 11, 1_234, 2_500, 4_998, 4_999]) {
      const document = documentOf(5_000_000);
      const { start } = await stretchAround(ordinal, 5_000_000, document.read);
      expect(start).toBe(Math.max(0, ordinal * 1_000 - 2_000));
      expect(document.reads()).toBeLessThan(14);
    }
  });

  it('is the beginning when there is no such passage', async () => {
    const document = documentOf(50_000);
    expect((await stretchAround(77, 50_000, document.read)).start).toBe(0);
  });
});

import type { DocumentTextPart, FoundPassage, PassagePlace } from '@/api/knowledge-types';

/** A piece of a text: marked, or not. */
export interface Piece {
  text: string;
  marked: boolean;
}

/** Where in the file a passage is, as a person would look it up: `page 3`, or `line 10 to line 20`. */
export function placeWords({ from, to }: Pick<PassagePlace, 'from' | 'to'>): string | null {
  if (from === null || to === null || from === to) return from ?? to;
  return `${from} to ${to}`;
}

const wordPattern = /[\p{L}\p{N}]+/gu;
const stemMin = 3;
const endingMax = 4;

const folded = (word: string) => word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** A term is compared without its ending and its accents: "index" is in "Indexes", but not in "indexability". */
const isForm = (word: string, term: string) =>
  word === term || (term.length >= stemMin && word.startsWith(term) && word.length - term.length <= endingMax);

/** The words of a text that a search matched, marked. */
export function markTerms(text: string, terms: readonly string[]): Piece[] {
  const wanted = terms.map(folded).filter((term) => term !== '');
  const ranges: [number, number][] = [];
  for (const match of text.matchAll(wordPattern)) {
    const word = folded(match[0]);
    if (wanted.some((term) => isForm(word, term))) ranges.push([match.index, match.index + match[0].length]);
  }
  return cut(text, ranges);
}

/** A text in pieces: those within the ranges, which come in order and do not overlap, are marked. */
function cut(text: string, ranges: readonly (readonly [number, number])[]): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const [from, to] of ranges) {
    if (from > done) pieces.push({ text: text.slice(done, from), marked: false });
    if (to > from) pieces.push({ text: text.slice(from, to), marked: true });
    done = Math.max(done, to);
  }
  if (done < text.length) pieces.push({ text: text.slice(done), marked: false });
  return pieces;
}

/** A stretch of a document under one place and one way of headings. */
export interface Section {
  start: number;
  /** Null before the first passage that is known. */
  place: string | null;
  headings: readonly string[];
  pieces: Piece[];
}

/**
 * The text that was read so far, cut where a passage of another place or other headings begins, with the cited passage
 * marked. Passages may overlap, and one that is cited may end in a stretch that is not there yet.
 */
export function sectionsOf(parts: readonly DocumentTextPart[], cited: number | null): Section[] {
  const first = parts[0];
  if (!first) return [];
  const text = parts.map((part) => part.text).join('');
  const passages = parts.flatMap((part) => part.passages);
  const mark = passages.find((passage) => passage.ordinal === cited);
  const heads: { start: number; place: string | null; headings: readonly string[] }[] = [];
  for (const passage of passages) {
    const head = { start: passage.start - first.start, place: placeWords(passage), headings: passage.headings };
    const before = heads.at(-1);
    if (!before || before.place !== head.place || before.headings.join('\n') !== head.headings.join('\n')) heads.push(head);
  }
  if (text !== '' && (heads[0]?.start ?? 1) > 0) heads.unshift({ start: 0, place: null, headings: [] });
  return heads.map((head, at) => {
    const end = heads[at + 1]?.start ?? text.length;
    const from = mark ? Math.max(mark.start - first.start, head.start) : end;
    const to = mark ? Math.min(mark.start - first.start + mark.length, end) : end;
    const ranges: [number, number][] = from < to ? [[from - head.start, to - head.start]] : [];
    return { ...head, start: head.start + first.start, pieces: cut(text.slice(head.start, end), ranges) };
  });
}

/** Whether a passage is of the document that somebody named a part of. */
export const isExpected = ({ document }: Pick<FoundPassage, 'document'>, expected: string) =>
  expected !== '' && document.toLowerCase().includes(expected.toLowerCase());

/** The place of the first passage of the expected document, from one; null if there is none. */
export function expectedPlace(passages: readonly Pick<FoundPassage, 'document'>[], expected: string): number | null {
  const at = passages.findIndex((passage) => isExpected(passage, expected));
  return at < 0 ? null : at + 1;
}

/** The address of a document, at one of its passages or at its beginning. */
export function documentHref(base: string, id: string, passage?: number): string {
  const query = new URLSearchParams({ base, id });
  if (passage !== undefined) query.set('passage', String(passage));
  return `/knowledge/document?${query}`;
}

export const baseHref = (base: string) => `/knowledge/base?${new URLSearchParams({ name: base })}`;

/** The number of a passage in an address; null for what is none. */
export const passageNumber = (value: string | null): number | null =>
  value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null;

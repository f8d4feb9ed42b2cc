import { describe, expect, it } from 'vitest';
import type { DocumentTextPart, PassagePlace } from '@/api/knowledge-types';
import { documentHref, expectedPlace, markTerms, passageNumber, placeWords, sectionsOf } from './passages';

const marked = (text: string, terms: string[]) => markTerms(text, terms).filter((piece) => piece.marked).map((piece) => piece.text);

const passage = (ordinal: number, start: number, length: number, more: Partial<PassagePlace> = {}): PassagePlace => ({
  ordinal, start, length, headings: [], from: null, to: null, ...more,
});
const part = (start: number, text: string, passages: PassagePlace[], characters = 1_000): DocumentTextPart => ({
  version: 1, start, text, characters, passages,
});
const textOf = (sections: ReturnType<typeof sectionsOf>) =>
  sections.map((section) => section.pieces.map((piece) => piece.text).join('')).join('');
const markOf = (sections: ReturnType<typeof sectionsOf>) =>
  sections.flatMap((section) => section.pieces.filter((piece) => piece.marked)).map((piece) => piece.text).join('');

describe('The place of a passage', () => {
  it('names one place once, and two as from where to where', () => {
    expect(placeWords({ from: 'page 3', to: 'page 3' })).toBe('page 3');
    expect(placeWords({ from: 'line 10', to: 'line 20' })).toBe('line 10 to line 20');
  });

  it('says what is known when one end is not', () => {
    expect(placeWords({ from: 'slide 2: Aims', to: null })).toBe('slide 2: Aims');
    expect(placeWords({ from: null, to: null })).toBeNull();
  });
});

describe('Words that a search matched', () => {
  it('are marked with their endings, accents and capitals, as they stand in the text', () => {
    expect(marked('Les Congés et le congé.', ['conge'])).toEqual(['Congés', 'congé']);
    expect(marked('Indexes, indexed, indexability.', ['index'])).toEqual(['Indexes', 'indexed']);
  });

  it('are not marked inside other words, nor by a term too short to be a stem', () => {
    expect(marked('Reindex the red one', ['index', 're'])).toEqual([]);
  });

  it('leave the text what it was', () => {
    const text = 'Leave — of absence, “leave”!';
    expect(markTerms(text, ['leav']).map((piece) => piece.text).join('')).toBe(text);
  });
});

describe('The text of a document in sections', () => {
  it('loses nothing, and begins a section where the place or the headings change', () => {
    const sections = sectionsOf([
      part(0, 'Title\nfirst second ', [passage(0, 6, 6, { from: 'page 1', to: 'page 1' }), passage(1, 12, 7, { from: 'page 1', to: 'page 1' })]),
      part(19, 'third', [passage(2, 19, 5, { from: 'page 2', to: 'page 2' })]),
    ], null);
    expect(textOf(sections)).toBe('Title\nfirst second third');
    expect(sections.map((section) => [section.start, section.place])).toEqual([[0, null], [6, 'page 1'], [19, 'page 2']]);
  });

  it('marks the cited passage alone, also over the border of two stretches', () => {
    const parts = [part(100, 'before cited pas', [passage(4, 107, 13)]), part(116, 'sage after', [passage(5, 121, 5)])];
    expect(markOf(sectionsOf(parts, 4))).toBe('cited passage');
    expect(markOf(sectionsOf(parts, 5))).toBe('after');
    expect(markOf(sectionsOf(parts, 9))).toBe('');
  });

  it('marks a passage on into the next section when they overlap', () => {
    const parts = [part(0, 'one two three', [passage(0, 0, 7, { from: 'page 1', to: 'page 2' }), passage(1, 4, 9, { from: 'page 2', to: 'page 2' })])];
    const sections = sectionsOf(parts, 0);
    expect(markOf(sections)).toBe('one two');
    expect(textOf(sections)).toBe('one two three');
  });

  it('is nothing before anything was read', () => {
    expect(sectionsOf([], 3)).toEqual([]);
  });
});

describe('The address of a document', () => {
  it('keeps names apart from what separates them', () => {
    expect(documentHref('handbook', 'doc_1', 0)).toBe('/knowledge/document?base=handbook&id=doc_1&passage=0');
    expect(documentHref('a', 'x&y')).toBe('/knowledge/document?base=a&id=x%26y');
  });

  it('has a passage only where there is a number', () => {
    expect([passageNumber('12'), passageNumber('-1'), passageNumber('1e3'), passageNumber(null)]).toEqual([12, null, null, null]);
  });
});

describe('expectedPlace', () => {
  const found = [{ document: 'minutes/One.md' }, { document: 'Two.md' }, { document: 'two-again.md' }];

  it('is that of the first document whose name has the words, whatever their case', () => {
    expect(expectedPlace(found, 'two')).toBe(2);
    expect(expectedPlace(found, 'MINUTES/')).toBe(1);
  });

  it('is none where no document has them, or none is expected', () => {
    expect(expectedPlace(found, 'three')).toBeNull();
    expect(expectedPlace(found, '')).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { boostsOf, boostWords, rulesOf, valuesOfBoosts } from './tuning-values';

describe('synonyms as text', () => {
  it('has a rule in each line, with its number', () => {
    expect(rulesOf('# machines\r\nlaptop, notebook\n\nk8s => kubernetes\n\n')).toEqual(
      ['# machines', 'laptop, notebook', '', 'k8s => kubernetes'],
    );
  });
  it('has none where nothing is written', () => {
    expect(rulesOf('')).toEqual([]);
    expect(rulesOf(' \n \n')).toEqual([]);
  });
});

describe('boosts as fields', () => {
  it('come back as they were', () => {
    const boosts = {
      fields: { title: 4, headings: 2, text: 0.5 },
      metadata: [{ key: 'team', value: 'legal', factor: 1.5 }],
      newer: { halfLifeDays: 30, factor: 2 },
    };
    expect(boostsOf(valuesOfBoosts(boosts))).toEqual(boosts);
    expect(boostsOf(valuesOfBoosts({ ...boosts, newer: null })).newer).toBeNull();
  });
});

describe('what raised a passage', () => {
  it.each([
    [{ kind: 'metadata', what: 'team=legal', factor: 2 }, 'team=legal ×2'],
    [{ kind: 'newer', what: '12 days', factor: 1.8765 }, 'age of 12 days ×1.88'],
    [{ kind: 'fields', what: '', factor: 0.5 }, 'where the words stand ×0.5'],
    [{ kind: 'term', what: 'laptop', factor: 3 }, 'laptop ×3'],
  ] as const)('is said in words', (boost, words) => expect(boostWords(boost)).toBe(words));
});

import type { AppliedBoost, KnowledgeBoosts } from '@/api/knowledge-types';

// Synonyms and boosts as people edit them: text in fields, which become what the API takes.

/** Each line is a rule or a remark; empty lines at the end are nothing. The number of a rule is that of its line. */
export const rulesOf = (text: string): string[] => {
  const lines = text.trimEnd().split(/\r?\n/);
  return lines.length === 1 && lines[0] === '' ? [] : lines;
};

export interface PairValues {
  key: string;
  value: string;
  factor: string;
}

export interface BoostValues {
  title: string;
  headings: string;
  text: string;
  metadata: PairValues[];
  isNewer: boolean;
  halfLifeDays: string;
  newerFactor: string;
}

export const newPair: PairValues = { key: '', value: '', factor: '2' };

export const valuesOfBoosts = ({ fields, metadata, newer }: KnowledgeBoosts): BoostValues => ({
  title: String(fields.title),
  headings: String(fields.headings),
  text: String(fields.text),
  metadata: metadata.map(({ key, value, factor }) => ({ key, value, factor: String(factor) })),
  isNewer: newer !== null,
  halfLifeDays: String(newer?.halfLifeDays ?? 90),
  newerFactor: String(newer?.factor ?? 2),
});

export const boostsOf = (values: BoostValues): KnowledgeBoosts => ({
  fields: { title: Number(values.title), headings: Number(values.headings), text: Number(values.text) },
  metadata: values.metadata.map(({ key, value, factor }) => ({ key: key.trim(), value, factor: Number(factor) })),
  newer: values.isNewer ? { halfLifeDays: Number(values.halfLifeDays), factor: Number(values.newerFactor) } : null,
});

const short = (factor: number) => String(Math.round(factor * 100) / 100);

/** What raised or lowered a passage, in words. */
export const boostWords = ({ kind, what, factor }: AppliedBoost): string => {
  const of = kind === 'fields' ? 'where the words stand' : kind === 'newer' ? `age of ${what}` : what;
  return `${of} ×${short(factor)}`;
};

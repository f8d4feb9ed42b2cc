import { expect, it } from 'vitest';
import { embeddedStore, isAskedElsewhere, storeOptions } from './vectors';

it('tells which models are sent what is in a base', () => {
  expect(['builtin', 'builtin:use-lite', 'local:minilm'].filter(isAskedElsewhere)).toEqual([]);
  expect(['openai:text-embedding-3-small', 'ollama:local:x'].filter(isAskedElsewhere)).toHaveLength(2);
});

it('offers the stores that there are, and names the one that is not set up any more', () => {
  const stores = [{ name: 'embedded', kind: null }, { name: 'east', kind: 'chroma' as const }, { name: 'pg', kind: 'pgvector' as const }];
  const all = [
    { value: 'embedded', label: 'Index of the server', disabled: false },
    { value: 'east', label: 'east (Chroma)', disabled: false },
    { value: 'pg', label: 'pg (pgvector)', disabled: false },
  ];
  expect(storeOptions(stores, embeddedStore)).toEqual(all);
  expect(storeOptions(stores, 'west')).toEqual([{ value: 'west', label: 'west (not set up)', disabled: true }, ...all]);
});

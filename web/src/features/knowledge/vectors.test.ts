import { expect, it } from 'vitest';
import { isAskedElsewhere } from './vectors';

it('tells which models are sent what is in a base', () => {
  expect(['builtin', 'builtin:use-lite', 'local:minilm'].filter(isAskedElsewhere)).toEqual([]);
  expect(['openai:text-embedding-3-small', 'ollama:local:x'].filter(isAskedElsewhere)).toHaveLength(2);
});

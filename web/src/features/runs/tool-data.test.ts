import { expect, it } from 'vitest';
import { readModelOutput } from './tool-data';

it('tells which earlier answer a model step gave instead of asking', () => {
  const answer = { text: 'Yes.', toolCalls: [], finishReason: 'stop', model: 'chat', isReal: true };
  expect(readModelOutput(answer)?.cached).toBeNull();
  expect(readModelOutput({ ...answer, cached: { run: 'run_1', at: '2026-01-01T00:00:00Z', similarity: 0.97 } })?.cached).toEqual({
    run: 'run_1',
    similarity: 0.97,
  });
});

import { expect, it } from 'vitest';
import { quotaShare } from './quota';

it.each([[0, 10, 0], [5, 10, 0.5], [10, 10, 1], [12, 10, 1], [0, 0, 1]])('%i of %i is %f', (used, limit, share) => {
  expect(quotaShare({ used, limit })).toBe(share);
});

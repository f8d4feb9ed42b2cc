import { expect, it } from 'vitest';
import { fromLocalTime, toLocalTime } from './local-time';

it('keeps what was written through an instant and back, in winter and in summer', () => {
  for (const text of ['2026-01-05T09:07', '2026-07-05T23:59']) {
    const instant = fromLocalTime(text);
    expect(instant).toMatch(/Z$/);
    expect(toLocalTime(instant ?? undefined)).toBe(text);
  }
});

it('has nothing where nothing is', () => {
  expect(toLocalTime(undefined)).toBe('');
  expect(toLocalTime('yesterday')).toBe('');
  expect(fromLocalTime('')).toBeNull();
  expect(fromLocalTime('soon')).toBeNull();
});

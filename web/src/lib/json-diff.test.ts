import { describe, expect, it } from 'vitest';
import { jsonChanges } from './json-diff';

describe('changes between two JSON values', () => {
  it('are none where both mean the same', () => {
    expect(jsonChanges({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toEqual([]);
    expect(jsonChanges([{ step: 'x' }, { step: 'y' }], [{ step: 'y' }, { step: 'x' }])).toEqual([]);
  });

  it('are named where they are', () => {
    expect(jsonChanges({ a: { b: 1 } }, { a: { b: 2 } })).toEqual([{ path: 'a.b', before: 1, after: 2 }]);
    expect(jsonChanges({ a: 1 }, {})).toEqual([{ path: 'a', before: 1, after: undefined }]);
    expect(jsonChanges({ a: 1 }, { a: '1' })).toEqual([{ path: 'a', before: 1, after: '1' }]);
    expect(jsonChanges({ steps: [{ step: 'a', phase: 'started' }] }, { steps: [{ step: 'b' }, { step: 'a', phase: 'over' }] })).toEqual([
      { path: 'steps[a].phase', before: 'started', after: 'over' },
      { path: 'steps[b]', before: undefined, after: { step: 'b' } },
    ]);
  });

  it('in a list are what is between its equal ends', () => {
    expect(jsonChanges([1, 2, 3], [1, 9, 2, 3])).toEqual([{ path: '[1]', before: undefined, after: 9 }]);
    expect(jsonChanges([1, 2, 3], [2, 3])).toEqual([{ path: '[0]', before: 1, after: undefined }]);
    expect(jsonChanges([], [])).toEqual([]);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { average, median, percent, sum } from '../src/calc.js';

test('sum adds up', () => {
  assert.equal(sum([1, 2, 3]), 6);
  assert.equal(sum([]), 0);
});

test('average is the arithmetic mean', () => {
  assert.equal(average([2, 4, 9]), 5);
  assert.throws(() => average([]), RangeError);
});

test('median of an odd number of values is the middle one', () => {
  assert.equal(median([9, 1, 5]), 5);
});

test('median orders numbers by value', () => {
  assert.equal(median([10, 9, 2, 33, 1]), 9);
});

test('median of an even number of values is the mean of the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('percent rounds to two decimals', () => {
  assert.equal(percent(1, 3), 33.33);
  assert.throws(() => percent(1, 0), RangeError);
});

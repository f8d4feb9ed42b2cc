/** Adds up the numbers of a list; the sum of an empty list is 0. */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The arithmetic mean of a list. */
export function average(numbers) {
  requireNumbers(numbers);
  return sum(numbers) / numbers.length;
}

/** The middle value of a list; with an even number of values, the mean of the two in the middle. */
export function median(numbers) {
  requireNumbers(numbers);
  const sorted = [...numbers].sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How much of the whole a part is, in percent, rounded to two decimals. */
export function percent(part, whole) {
  if (whole === 0) {
    throw new RangeError('The whole must not be zero.');
  }
  return Math.round((part / whole) * 10000) / 100;
}

function requireNumbers(numbers) {
  if (numbers.length === 0) {
    throw new RangeError('The list must not be empty.');
  }
}

export const passwordMin = 8;
export const passwordGood = 15;

/** One calm sentence about the password as it stands. */
export function passwordHint(password: string): string {
  const length = [...password].length;
  if (length === 0) return `At least ${passwordMin} characters; ${passwordGood} or more is recommended. A few plain words do well.`;
  if (length < passwordMin) return `${passwordMin - length} more to reach the least of ${passwordMin}.`;
  if (length < passwordGood) return `Accepted. ${passwordGood - length} more would make it strong.`;
  return `Good: ${length} characters.`;
}

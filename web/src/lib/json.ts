export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const asNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null';
}

/** What somebody typed, read as JSON; or why it is none. */
export function readJson(text: string): { value: unknown; problem: null } | { value: null; problem: string } {
  try {
    return { value: JSON.parse(text) as unknown, problem: null };
  } catch (error) {
    return { value: null, problem: error instanceof Error ? `This is not JSON: ${error.message}` : 'This is not JSON.' };
  }
}

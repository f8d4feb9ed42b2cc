// What a field of type datetime-local holds is the clock on the wall here; the API speaks of instants.

const two = (value: number) => String(value).padStart(2, '0');

/** An instant as the field wants it; empty where there is none. */
export function toLocalTime(iso: string | undefined): string {
  const at = new Date(iso ?? '');
  if (Number.isNaN(at.getTime())) return '';
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The instant that the field means; null where it is empty or no time. */
export function fromLocalTime(text: string): string | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

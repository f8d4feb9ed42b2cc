import type { FormContent, FormField } from '@/api/question-types';

/** What stands in the fields of a form while somebody fills it in: texts, marks, and lists of choices. */
export type Draft = Record<string, string | boolean | string[]>;

/** What the fields hold before anybody has touched them. */
export function draftOf(fields: FormField[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, beginning(field)]));
}

function beginning({ kind, default: given }: FormField): string | boolean | string[] {
  if (kind === 'boolean') return given === true;
  if (kind === 'choices') return Array.isArray(given) ? given.map(String) : [];
  return typeof given === 'string' || typeof given === 'number' ? String(given) : '';
}

/** The answer: a field that is empty and need not be filled in is left out. */
export function contentOf(fields: FormField[], draft: Draft): FormContent {
  // Whoever asks names the fields: a Map takes any name for what it is.
  const content = new Map<string, FormContent[string]>();
  for (const field of fields) {
    const value = draft[field.name];
    const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
    if (value === undefined || (isEmpty && !field.isRequired)) continue;
    const isNumber = (field.kind === 'number' || field.kind === 'whole') && value !== '';
    content.set(field.name, isNumber ? Number(value) : value);
  }
  return Object.fromEntries(content);
}

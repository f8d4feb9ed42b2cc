/** What a call asks of a person in its middle, and the form of the answer. */
export type FormFieldKind = 'text' | 'number' | 'whole' | 'boolean' | 'choice' | 'choices';

export interface FormField {
  name: string;
  kind: FormFieldKind;
  isRequired: boolean;
  choices: { value: string; title?: string | null }[];
  title?: string | null;
  description?: string | null;
  default?: unknown;
  format?: 'email' | 'uri' | 'date' | 'dateTime' | null;
  lengthMin?: number | null;
  lengthMax?: number | null;
  minimum?: number | null;
  maximum?: number | null;
}

/** The answer to a question: the fields of its form. */
export type FormContent = Record<string, string | number | boolean | string[]>;

/** What a call asks of a person in its middle. */
export interface Question {
  /** Who asks, and gets to know the answer. */
  from: string;
  message: string;
  fields: FormField[];
}

import { describe, expect, it } from 'vitest';
import type { FormField } from '@/api/question-types';
import { contentOf, draftOf } from './question-content';

const field = (name: string, kind: FormField['kind'], more: Partial<FormField> = {}): FormField =>
  ({ name, kind, isRequired: false, choices: [], ...more });

describe('the answer to a question', () => {
  const fields = [
    field('city', 'text', { isRequired: true }), field('nights', 'whole', { default: 2 }), field('late', 'boolean'),
    field('extras', 'choices', { default: ['bike'] }), field('mail', 'text', { format: 'email' }),
  ];

  it('begins with what is filled in beforehand', () => {
    expect(draftOf(fields)).toEqual({ city: '', nights: '2', late: false, extras: ['bike'], mail: '' });
  });

  it('holds numbers as numbers and leaves out what is empty and may be', () => {
    expect(contentOf(fields, { ...draftOf(fields), nights: '3' })).toEqual({ city: '', nights: 3, late: false, extras: ['bike'] });
    expect(contentOf(fields, { ...draftOf(fields), city: 'Ulm', extras: [], nights: '' })).toEqual({ city: 'Ulm', late: false });
  });

  it('takes a field for what it is, whatever it is called', () => {
    const hostile = [field('__proto__', 'text', { default: 'x' }), field('constructor', 'choices', { default: ['y'] })];
    const content = contentOf(hostile, draftOf(hostile));
    expect(JSON.stringify(content)).toBe('{"__proto__":"x","constructor":["y"]}');
    expect(Object.getPrototypeOf(content)).toBe(Object.prototype);
  });
});

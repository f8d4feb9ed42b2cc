'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban, Check } from 'lucide-react';
import { useState } from 'react';
import { decideApproval } from '@/api/calls';
import { ApiError, messageOf } from '@/api/errors';
import { useCanOnRun } from '@/api/permissions';
import { keys } from '@/api/queries';
import type { FormField, Question } from '@/api/question-types';
import type { Approval } from '@/api/types';
import { Button } from '@/ui/button';
import { CheckField, SelectField, TextField } from '@/ui/field';
import { toast } from '@/ui/toasts';
import { contentOf, draftOf, type Draft } from './question-content';

type Way = 'answer' | 'decline' | 'dismiss';

/** The form of a question, and the three ways to answer it. The server checks what fits. */
export function QuestionForm({ approval, question }: { approval: Approval; question: Question }) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(question.fields));
  const client = useQueryClient();
  const mayAnswer = useCanOnRun('runs:approve', approval.runId);
  const decide = useMutation({
    mutationFn: (way: Way) =>
      decideApproval(approval, {
        approve: way === 'answer',
        argumentsHash: approval.argumentsHash,
        content: way === 'answer' ? contentOf(question.fields, draft) : undefined,
        dismiss: way === 'dismiss' || undefined,
      }),
    onSuccess: (_, way) => toast('ok', way === 'answer' ? 'Answered. The call goes on.' : 'The server is told so.'),
    onError: (error) => toast('bad', messageOf(error)),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.approvals });
      void client.invalidateQueries({ queryKey: keys.runs });
    },
  });
  if (!mayAnswer) return <p className="text-12 text-muted">Your role may look at questions, not answer them.</p>;

  const isOver = decide.isSuccess || (decide.error instanceof ApiError && [409, 410].includes(decide.error.status));
  const isBusy = decide.isPending || isOver;
  const state = (way: Way) => ({ busy: decide.isPending && decide.variables === way, disabled: isBusy });
  return (
    <form
      aria-label={`Answer to ${question.from}`}
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) decide.mutate('answer');
      }}
    >
      {question.fields.map((field) => (
        <Control
          key={field.name}
          field={field}
          value={draft[field.name]}
          disabled={isBusy}
          onChange={(value) => setDraft({ ...draft, [field.name]: value })}
        />
      ))}
      <div className="flex flex-wrap justify-end gap-2 max-sm:[&>button]:w-full">
        <Button className="h-9" {...state('dismiss')} onClick={() => decide.mutate('dismiss')}>Put aside</Button>
        <Button tone="danger" className="h-9" icon={<Ban aria-hidden size={14} />} {...state('decline')} onClick={() => decide.mutate('decline')}>
          Decline
        </Button>
        <Button type="submit" tone="approve" className="h-9" icon={<Check aria-hidden size={14} />} {...state('answer')}>Answer</Button>
      </div>
      {decide.error && <p role="alert" className="text-12 text-bad">{messageOf(decide.error)}</p>}
    </form>
  );
}

interface ControlProps {
  field: FormField;
  value: string | boolean | string[] | undefined;
  disabled: boolean;
  onChange: (value: string | boolean | string[]) => void;
}

function Control({ field, value, disabled, onChange }: ControlProps) {
  const label = `${field.title ?? field.name}${field.isRequired || field.kind === 'boolean' ? '' : ' (optional)'}`;
  const hint = field.description ?? undefined;
  switch (field.kind) {
    case 'boolean':
      return (
        <CheckField label={label} hint={hint} checked={value === true} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      );
    case 'choice':
      return (
        <SelectField
          label={label}
          hint={hint}
          value={String(value)}
          required={field.isRequired}
          disabled={disabled}
          options={[{ value: '', label: '—' }, ...field.choices.map((choice) => ({ value: choice.value, label: choice.title ?? choice.value }))]}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'choices':
      return <Choices field={field} label={label} hint={hint} chosen={Array.isArray(value) ? value : []} disabled={disabled} onChange={onChange} />;
    default: {
      const isNumber = field.kind !== 'text';
      return (
        <TextField
          label={label}
          hint={hint}
          type={isNumber ? 'number' : typeOf(field)}
          autoComplete="off"
          value={String(value)}
          required={field.isRequired}
          disabled={disabled}
          minLength={field.lengthMin ?? undefined}
          maxLength={field.lengthMax ?? undefined}
          min={field.minimum ?? undefined}
          max={field.maximum ?? undefined}
          step={field.kind === 'whole' ? 1 : isNumber ? 'any' : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    }
  }
}

const typeOf = ({ format }: FormField) => (format === 'email' ? 'email' : format === 'uri' ? 'url' : format === 'date' ? 'date' : 'text');

interface ChoicesProps {
  field: FormField;
  label: string;
  hint?: string;
  chosen: string[];
  disabled: boolean;
  onChange: (chosen: string[]) => void;
}

function Choices({ field, label, hint, chosen, disabled, onChange }: ChoicesProps) {
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1 text-12 font-medium text-muted">{label}</legend>
      {field.choices.map(({ value, title }) => (
        <CheckField
          key={value}
          label={title ?? value}
          checked={chosen.includes(value)}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked ? [...chosen, value] : chosen.filter((one) => one !== value))}
        />
      ))}
      {hint && <p className="mt-1 text-12 text-faint">{hint}</p>}
    </fieldset>
  );
}

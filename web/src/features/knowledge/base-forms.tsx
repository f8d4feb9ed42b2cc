'use client';

import { useState } from 'react';
import { createBase, deleteBase, describeBase } from '@/api/knowledge-calls';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { plural } from '@/lib/format';
import { useNavigate } from '@/lib/nav';
import { TextAreaField, TextField } from '@/ui/field';
import { baseHref } from './passages';

const nameRule = 'Lowercase letters, digits and hyphens, at most 60, beginning with a letter. It stays as it is.';
const descriptionMax = 1_000;

function DescriptionField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <TextAreaField
      label="What is in it"
      hint="Agents that may search it are told."
      maxLength={descriptionMax}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function NewBase({ onClose }: { onClose: () => void }) {
  const { go } = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const change = useChange({
    ask: () => createBase({ name, description: description.trim() }),
    stale: [knowledgeKeys.bases],
    onDone: (base) => go(baseHref(base.name)),
  });
  return (
    <FormDialog title="New knowledge base" action="Create" change={change} onClose={onClose}>
      <TextField
        label="Name"
        required
        pattern="[a-z][a-z0-9\-]{0,59}"
        maxLength={60}
        title={nameRule}
        hint={nameRule}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <DescriptionField value={description} onChange={setDescription} />
    </FormDialog>
  );
}

export function DescribeBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const [description, setDescription] = useState(base.description);
  const change = useChange({
    ask: () => describeBase(base.name, description.trim()),
    stale: [knowledgeKeys.all],
    done: 'The description is changed.',
    onDone: onClose,
  });
  return (
    <FormDialog title={`Describe ${base.name}`} action="Save" change={change} onClose={onClose}>
      <DescriptionField value={description} onChange={setDescription} />
    </FormDialog>
  );
}

export function DeleteBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const { go } = useNavigate();
  const [typed, setTyped] = useState('');
  const change = useChange({
    ask: () => deleteBase(base.name),
    stale: [knowledgeKeys.bases],
    done: `${base.name} is deleted.`,
    onDone: () => go('/knowledge'),
  });
  return (
    <FormDialog
      title={`Delete ${base.name}?`}
      action="Delete"
      tone="danger"
      cancel="Keep"
      disabled={typed !== base.name}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        Its {plural(base.documents, 'document')} and {plural(base.passages, 'passage')} are deleted, and the key of their content is
        destroyed: they are unreadable in backups too. This cannot be undone.
      </p>
      <TextField
        label={`Type ${base.name} to confirm`}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}

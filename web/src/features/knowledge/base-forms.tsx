'use client';

import { useRef, useState } from 'react';
import { createBase, deleteBase, describeBase, embedBase, moveBase, rerankBase } from '@/api/knowledge-calls';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import { settingsKeys } from '@/api/settings-queries';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ProjectField, useProjectChoice } from '@/features/project-field';
import { plural } from '@/lib/format';
import { useNavigate } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { TextAreaField, TextField } from '@/ui/field';
import { baseHref } from './passages';
import { StoreField } from './store-field';
import { builtInModel, embeddedStore, noReranker } from './vectors';

const nameRule = 'Lowercase letters, digits and hyphens, at most 60, beginning with a letter. It stays as it is.';
const descriptionMax = 1_000;
const modelMax = 200;

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
  const [model, setModel] = useState('');
  const [reranker, setReranker] = useState('');
  const [store, setStore] = useState(embeddedStore);
  const choice = useProjectChoice('knowledge:write');
  const change = useChange({
    ask: () => createBase(
      { name, description: description.trim(), store, model: model.trim() || null, reranker: reranker.trim() || null }, choice.project,
    ),
    stale: [knowledgeKeys.bases, settingsKeys.projects],
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
      <WordField
        label="Embedding model"
        hint="As openai:text-embedding-3-small. It is sent every passage and every question. Without one, the base makes its vectors itself."
        maxLength={modelMax}
        value={model}
        onChange={setModel}
      />
      <WordField
        label="Reranker"
        hint="As jina:jina-reranker-v2. It is sent the question and the best passages of each search. Without one, they stay as they were found."
        maxLength={modelMax}
        value={reranker}
        onChange={setReranker}
      />
      <StoreField
        value={store}
        hint="A store outside of the server gets vectors, ids and readers, and no texts. Vectors can be moved later."
        onChange={setStore}
      />
      <ProjectField choice={choice} />
    </FormDialog>
  );
}

interface WordFieldProps {
  label: string;
  hint: string;
  maxLength: number;
  value: string;
  onChange: (text: string) => void;
  required?: boolean;
}

/** A field for a name that a machine reads. */
function WordField({ onChange, ...field }: WordFieldProps) {
  return (
    <TextField {...field} autoComplete="off" spellCheck={false} autoCapitalize="none" onChange={(event) => onChange(event.target.value)} />
  );
}

export function EmbedBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const { go } = useNavigate();
  const key = useRef(randomKey());
  const [model, setModel] = useState(base.model);
  const change = useChange({
    ask: () => embedBase(base.name, model.trim(), key.current),
    stale: [knowledgeKeys.all],
    onDone: (run) => go(`/runs/${run.id}`),
  });
  return (
    <FormDialog title={`What makes the vectors of ${base.name}`} action="Make vectors" change={change} onClose={onClose}>
      <p className="text-muted">
        A run has the vectors of all its documents made, and changes over when they are there. Searches go on meanwhile. With the model
        that it has already, what is missing is made.
      </p>
      <WordField
        label="Embedding model"
        hint={`As openai:text-embedding-3-small; it is sent every passage and every question. ${builtInModel} is the base itself, builtin:use-lite a weak model of the server for English.`}
        required
        maxLength={modelMax}
        value={model}
        onChange={setModel}
      />
    </FormDialog>
  );
}

export function RerankBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const [reranker, setReranker] = useState(base.reranker ?? noReranker);
  const change = useChange({
    ask: () => rerankBase(base.name, reranker.trim()),
    stale: [knowledgeKeys.all],
    done: ({ reranker: now }) => (now ? `${now} ranks what is found.` : 'What is found stays in its order.'),
    onDone: onClose,
  });
  return (
    <FormDialog title={`What ranks the passages of ${base.name}`} action="Save" change={change} onClose={onClose}>
      <p className="text-muted">
        The best passages of each search, of those that the caller may read, are sent there with the question and put in order. If there is
        no answer in time, they stay as they were found.
      </p>
      <WordField
        label="Reranker"
        hint={`As jina:jina-reranker-v2; ${noReranker} is nobody.`}
        required
        maxLength={modelMax}
        value={reranker}
        onChange={setReranker}
      />
    </FormDialog>
  );
}

export function MoveBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const { go } = useNavigate();
  const key = useRef(randomKey());
  const [store, setStore] = useState(base.store);
  const change = useChange({
    ask: () => moveBase(base.name, store, key.current),
    stale: [knowledgeKeys.all],
    onDone: (run) => go(`/runs/${run.id}`),
  });
  return (
    <FormDialog title={`Where the vectors of ${base.name} lie`} action="Move" change={change} onClose={onClose}>
      <p className="text-muted">
        A run copies the vectors there, looks whether they are found, changes over, and deletes them where they were. Searches go on
        meanwhile.
      </p>
      <StoreField value={store} hint="A store outside of the server gets vectors, ids and readers, and no texts." onChange={setStore} />
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

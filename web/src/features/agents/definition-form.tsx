'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState, type ReactNode } from 'react';
import { applyAgent } from '@/api/calls';
import { ApiError, fieldProblems, messageOf, positionOf } from '@/api/errors';
import { keys } from '@/api/queries';
import { settingsKeys } from '@/api/settings-queries';
import type { AgentVersion } from '@/api/types';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';

interface DefinitionFormProps {
  /** What it begins with. */
  text: string;
  action: string;
  /** The project to put a new agent into; null for none. */
  project?: string | null;
  /** What else is asked, below the definition. */
  children?: ReactNode;
  onSaved: (version: AgentVersion) => void;
  onClose: () => void;
}

/** A definition to write, and to apply. What is wrong with it is told, and shown in it. */
export function DefinitionForm({ text, action, project = null, children, onSaved, onClose }: DefinitionFormProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const client = useQueryClient();
  const [draft, setDraft] = useState(text);
  const save = useMutation({
    mutationFn: () => applyAgent(draft, project),
    onSuccess: onSaved,
    // One that cannot be put into its project is there all the same.
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.agents });
      if (project) void client.invalidateQueries({ queryKey: settingsKeys.projects });
    },
  });
  const position = positionOf(save.error);
  const problems = fieldProblems(save.error);

  const showPosition = () => {
    if (!position || !area.current) return;
    const at = offsetOf(draft, position);
    area.current.focus();
    area.current.setSelectionRange(at, endOfLine(draft, at));
  };

  return (
    <div className="space-y-3">
      {save.error && (
        <Notice
          live
          tone="bad"
          title={position ? `Line ${position.line}, column ${position.column}: ${messageOf(save.error)}` : messageOf(save.error)}
          code={save.error instanceof ApiError ? save.error.code : null}
          actions={position && <Button onClick={showPosition}>Show line {position.line}</Button>}
        >
          {problems.length > 0 && (
            <ul>
              {problems.map((problem) => (
                <li key={problem.path + problem.message}><span className="num text-fg">{problem.path}</span>: {problem.message}</li>
              ))}
            </ul>
          )}
        </Notice>
      )}
      <div className="overflow-hidden rounded-md border bg-well focus-within:border-accent">
        <label htmlFor={id} className="block border-b bg-surface px-4 py-2 text-12 text-muted">Definition (YAML)</label>
        <textarea
          id={id}
          ref={area}
          value={draft}
          rows={Math.min(40, Math.max(16, draft.split('\n').length + 1))}
          spellCheck={false}
          autoCapitalize="none"
          wrap="off"
          aria-invalid={save.error ? true : undefined}
          onChange={(event) => setDraft(event.target.value)}
          className="num scroll-thin block w-full resize-y bg-transparent px-4 py-3 text-12 outline-none max-md:text-[16px]"
        />
      </div>
      {children}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose} disabled={save.isPending}>Discard</Button>
        <Button tone="primary" busy={save.isPending} disabled={draft.trim() === ''} onClick={() => save.mutate()}>{action}</Button>
      </div>
    </div>
  );
}

function offsetOf(text: string, { line, column }: { line: number; column: number }): number {
  const before = text.split('\n').slice(0, line - 1);
  return Math.min(text.length, before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1);
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

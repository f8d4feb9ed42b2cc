'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { PenLine } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { applyAgent } from '@/api/calls';
import { ApiError, fieldProblems, messageOf, positionOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { keys } from '@/api/queries';
import type { Agent } from '@/api/types';
import { useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toasts';
import { YamlView } from '@/ui/yaml-view';

export function DefinitionEditor({ agent }: { agent: Agent }) {
  const [draft, setDraft] = useState<string | null>(null);
  const mayWrite = useCan('agents:write');
  if (draft !== null) return <Editor agent={agent} draft={draft} onChange={setDraft} onClose={() => setDraft(null)} />;
  return (
    <YamlView
      text={agent.definition}
      label={`Definition of ${agent.name}`}
      caption={`${agent.name}.yaml`}
      actions={
        mayWrite && (
          <Button tone="quiet" className="h-7" icon={<PenLine aria-hidden size={13} />} onClick={() => setDraft(agent.definition)}>
            Edit
          </Button>
        )
      }
    />
  );
}

interface EditorProps {
  agent: Agent;
  draft: string;
  onChange: (draft: string) => void;
  onClose: () => void;
}

function Editor({ agent, draft, onChange, onClose }: EditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    mutationFn: () => applyAgent(draft),
    onSuccess: async (version) => {
      toast('ok', version.changed ? `Saved as ${version.name} v${version.version}.` : 'Nothing changed; no new version was made.');
      await client.invalidateQueries({ queryKey: keys.agents });
      onClose();
      if (version.name !== agent.name) navigate.go(`/agents/${version.name}`);
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
          onChange={(event) => onChange(event.target.value)}
          className="num scroll-thin block w-full resize-y bg-transparent px-4 py-3 text-12 outline-none max-md:text-[16px]"
        />
      </div>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose} disabled={save.isPending}>Discard</Button>
        <Button tone="primary" busy={save.isPending} disabled={draft.trim() === ''} onClick={() => save.mutate()}>
          Save as a new version
        </Button>
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

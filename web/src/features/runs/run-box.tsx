'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useRef, useState } from 'react';
import { startRun } from '@/api/calls';
import { ApiError, fieldProblems, messageOf } from '@/api/errors';
import { useCanOn } from '@/api/permissions';
import { agentsQuery, keys, samplesQuery, systemQuery } from '@/api/queries';
import type { StartRun } from '@/api/types';
import { cx } from '@/lib/cx';
import { useNavigate } from '@/lib/nav';
import { randomKey } from '@/lib/random';
import { Button } from '@/ui/button';
import { Field, inputClass, SelectField, TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';

const otherModel = 'other';

interface RunBoxProps {
  /** Fixed where the box stands on an agent's own page. */
  agent?: string;
}

export function RunBox({ agent: fixed }: RunBoxProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const agents = useQuery({ ...agentsQuery(), enabled: fixed === undefined });
  const samples = useQuery(samplesQuery());
  const [input, setInput] = useState('');
  const [chosen, setChosen] = useState('');
  const [sample, setSample] = useState<string | null>(null);
  const [model, setModel] = useState('');
  // One key per intention: pressing again after a lost answer finds the run instead of starting a second.
  const attempt = useRef<{ request: string; key: string } | null>(null);

  const agent = fixed ?? (chosen || agents.data?.[0]?.name) ?? '';
  const workspace = sample ?? samples.data?.[0]?.name ?? '';
  const mayStart = useCanOn('runs:start', agent === '' ? null : `agent:${agent}`);

  const start = useMutation({
    mutationFn: () => {
      const request: StartRun = { input: input.trim() };
      if (model !== '') request.model = model;
      if (workspace !== '') request.workspace = { sample: workspace };
      const fingerprint = JSON.stringify([agent, request]);
      if (attempt.current?.request !== fingerprint) attempt.current = { request: fingerprint, key: randomKey() };
      return startRun(agent, request, attempt.current.key);
    },
    onSuccess: (run) => {
      attempt.current = null;
      client.setQueryData(keys.run(run.id), run);
      void client.invalidateQueries({ queryKey: keys.runs });
      navigate.go(`/runs/${run.id}`);
    },
  });

  const ready = agent !== '' && input.trim() !== '' && mayStart;
  const submit = () => {
    if (ready && !start.isPending) start.mutate();
  };
  return (
    <form
      aria-label="Start a run"
      className="rounded-md border bg-surface"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="p-3 pb-0">
        <Field label="Task" hideLabel>
          {(wiring) => (
            <textarea
              {...wiring}
              name="input"
              rows={3}
              value={input}
              maxLength={32_000}
              placeholder="Say what should be done, for example: make the failing test pass"
              onChange={(event) => setInput(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
              }}
              className={cx(inputClass, 'resize-y py-2')}
            />
          )}
        </Field>
      </div>
      <div className="flex flex-wrap items-end gap-3 p-3">
        {fixed === undefined && (
          <div className="min-w-36 flex-1">
            <SelectField
              label="Agent"
              value={agent}
              onChange={(event) => setChosen(event.target.value)}
              options={(agents.data ?? []).map((each) => ({ value: each.name, label: each.title || each.name }))}
            />
          </div>
        )}
        <div className="min-w-36 flex-1">
          <SelectField
            label="Workspace"
            value={workspace}
            onChange={(event) => setSample(event.target.value)}
            options={[
              ...(samples.data ?? []).map((each) => ({ value: each.name, label: each.title })),
              { value: '', label: 'None' },
            ]}
          />
        </div>
        <div className="min-w-36 flex-1">
          <ModelChoice value={model} onChange={setModel} />
        </div>
        <Button
          type="submit"
          tone="primary"
          busy={start.isPending}
          disabled={!ready}
          icon={<Play aria-hidden size={13} />}
          className="min-w-20 max-sm:w-full"
        >
          Run
        </Button>
      </div>
      {start.error && (
        <div className="px-3 pb-3">
          <Notice live tone="bad" title={messageOf(start.error)} code={start.error instanceof ApiError ? start.error.code : null}>
            {fieldProblems(start.error).map((problem) => (
              <p key={problem.path + problem.message}><span className="num">{problem.path}</span>: {problem.message}</p>
            ))}
          </Notice>
        </div>
      )}
    </form>
  );
}

/** The agent's own model, a provider that needs no name, or any `provider:model` typed by hand. */
function ModelChoice({ value, onChange }: { value: string; onChange: (model: string) => void }) {
  const system = useQuery(systemQuery());
  const [typing, setTyping] = useState(false);
  if (typing)
    return (
      <TextField
        label="Model"
        value={value}
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the field has just been asked for
        autoFocus
        spellCheck={false}
        autoCapitalize="none"
        placeholder="openai:model-name"
        className="num h-8"
        onChange={(event) => onChange(event.target.value.trim())}
        onBlur={() => {
          if (value === '') setTyping(false);
        }}
      />
    );
  const providers = system.data?.models ?? [];
  return (
    <SelectField
      label="Model"
      value=""
      onChange={(event) => {
        if (event.target.value === '') return;
        const name = event.target.value;
        onChange(name === otherModel ? '' : `${name}:`);
        setTyping(true);
      }}
      options={[
        { value: '', label: 'As the agent says' },
        ...providers.filter((each) => each.chats).map((each) => ({
          value: each.provider,
          label: `${each.provider}:…${each.isReal ? '' : ' (not a real model)'}${each.configured ? '' : ' — not configured'}`,
          disabled: !each.configured,
        })),
        { value: otherModel, label: 'Type provider:model…' },
      ]}
    />
  );
}

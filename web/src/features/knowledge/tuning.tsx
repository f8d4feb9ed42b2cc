'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { setBoosts, setSynonyms } from '@/api/knowledge-calls';
import { boostsQuery, knowledgeKeys, synonymsQuery } from '@/api/knowledge-queries';
import type { KnowledgeBase, KnowledgeBoosts } from '@/api/knowledge-types';
import { useChange } from '@/features/change';
import { Failure } from '@/features/failure';
import { Button, IconButton } from '@/ui/button';
import { CheckField, TextAreaField, TextField } from '@/ui/field';
import { Empty, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { useMayWrite } from './may-write';
import { type BoostValues, boostsOf, newPair, type PairValues, rulesOf, valuesOfBoosts } from './tuning-values';

const factorMin = 0.1;
const factorMax = 10;
const daysMax = 36_500;
const keyMax = 64;
const valueMax = 256;
const example = 'laptop, notebook\nk8s => kubernetes\ncar insurance => motor cover ^0.8';

/** What else searches of a base look for, and what they put first. Both count from the next search on. */
export function Tuning({ base }: { base: KnowledgeBase }) {
  return (
    <div className="space-y-6">
      <Synonyms base={base.name} />
      <Boosts base={base.name} />
    </div>
  );
}

function Synonyms({ base }: { base: string }) {
  const synonyms = useQuery(synonymsQuery(base));
  const mayWrite = useMayWrite(base);
  if (synonyms.isPending) return <Panel title="Synonyms"><SkeletonRows rows={3} label="Loading synonyms" /></Panel>;
  if (!synonyms.data) return <Failure error={synonyms.error} onRetry={() => void synonyms.refetch()} />;
  const { rules } = synonyms.data;
  return (
    <Panel title="Synonyms">
      {mayWrite ? (
        <SynonymForm key={rules.join('\n')} base={base} rules={rules} />
      ) : rules.length === 0 ? (
        <Empty title="No synonyms">Searches look for the words that are asked.</Empty>
      ) : (
        <pre className="num overflow-x-auto px-4 py-3 text-12">{rules.join('\n')}</pre>
      )}
    </Panel>
  );
}

function SynonymForm({ base, rules }: { base: string; rules: readonly string[] }) {
  const before = rules.join('\n');
  const [text, setText] = useState(before);
  const change = useChange({
    ask: () => setSynonyms(base, rulesOf(text)),
    stale: [knowledgeKeys.base(base)],
    done: ({ rules: now }) => (now.length === 0 ? 'There are no synonyms any more.' : 'The synonyms are saved.'),
  });
  return (
    <Form isChanged={text.trimEnd() !== before} change={change} onReset={() => setText(before)}>
      {rules.length === 0 && (
        <p className="max-w-[70ch] text-muted">
          No synonyms yet. Write what people ask and what documents say instead, as in the example; nothing has to be read anew.
        </p>
      )}
      <TextAreaField
        label="Rules, one a line"
        hint={
          <>
            Words with commas between them stand for each other; <code className="num text-fg">=&gt;</code> is one way. Up to three words
            each. <code className="num text-fg">^0.8</code> at the end says how much a synonym counts, .5 without it.{' '}
            <code className="num text-fg">#</code> begins a remark.
          </>
        }
        rows={8}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        placeholder={example}
        className="num"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </Form>
  );
}

function Boosts({ base }: { base: string }) {
  const boosts = useQuery(boostsQuery(base));
  const mayWrite = useMayWrite(base);
  if (boosts.isPending) return <Panel title="Boosts"><SkeletonRows rows={3} label="Loading boosts" /></Panel>;
  if (!boosts.data) return <Failure error={boosts.error} onRetry={() => void boosts.refetch()} />;
  return (
    <Panel title="Boosts">
      {mayWrite ? (
        <BoostForm key={JSON.stringify(boosts.data)} base={base} boosts={boosts.data} />
      ) : (
        <BoostList boosts={boosts.data} />
      )}
    </Panel>
  );
}

function BoostList({ boosts: { fields, metadata, newer } }: { boosts: KnowledgeBoosts }) {
  const lines = [
    { name: 'Words of the title', value: fields.title },
    { name: 'Words of headings', value: fields.headings },
    { name: 'Words of the text', value: fields.text },
    ...metadata.map(({ key, value, factor }) => ({ name: `${key}=${value}`, value: factor })),
    ...(newer ? [{ name: `Documents of today, half of it after ${newer.halfLifeDays} days`, value: newer.factor }] : []),
  ];
  return (
    <dl className="divide-y">
      {lines.map((line) => (
        <div key={line.name} className="flex gap-4 px-4 py-2">
          <dt className="min-w-0 flex-1 wrap-anywhere">{line.name}</dt>
          <dd className="num">×{line.value}</dd>
        </div>
      ))}
    </dl>
  );
}

function BoostForm({ base, boosts }: { base: string; boosts: KnowledgeBoosts }) {
  const before = valuesOfBoosts(boosts);
  const [values, setValues] = useState<BoostValues>(before);
  const set = (some: Partial<BoostValues>) => setValues((now) => ({ ...now, ...some }));
  const setPair = (at: number, pair: PairValues) => set({ metadata: values.metadata.with(at, pair) });
  const change = useChange({
    ask: () => setBoosts(base, boostsOf(values)),
    stale: [knowledgeKeys.base(base)],
    done: 'The boosts are saved.',
  });
  return (
    <Form
      isChanged={JSON.stringify(values) !== JSON.stringify(before)}
      change={change}
      onReset={() => setValues(before)}
    >
      <fieldset>
        <legend className="mb-1 font-medium">How much a word counts by where it stands</legend>
        <div className="grid max-w-[40rem] gap-3 sm:grid-cols-3">
          <FactorField label="In the title" value={values.title} onChange={(title) => set({ title })} />
          <FactorField label="In headings" value={values.headings} onChange={(headings) => set({ headings })} />
          <FactorField label="In the text" value={values.text} onChange={(text) => set({ text })} />
        </div>
      </fieldset>
      <fieldset>
        <legend className="mb-1 font-medium">By metadata</legend>
        {values.metadata.length === 0 && (
          <p className="text-muted">
            None yet. As an example, <code className="num text-fg">status = approved</code> with the factor 2 puts approved documents first.
          </p>
        )}
        <ul className="space-y-3">
          {values.metadata.map((pair, at) => (
            <li key={at} className="flex flex-wrap items-end gap-3">
              <div className="min-w-0 flex-2 basis-36">
                <TextField
                  label={`Key ${at + 1}`} required maxLength={keyMax} pattern="[A-Za-z0-9._\-]+" spellCheck={false} autoCapitalize="none"
                  title="Letters, digits, dots, dashes and underscores"
                  value={pair.key} onChange={(event) => setPair(at, { ...pair, key: event.target.value })}
                />
              </div>
              <div className="min-w-0 flex-3 basis-40">
                <TextField
                  label={`Value ${at + 1}`} maxLength={valueMax} spellCheck={false} autoCapitalize="none"
                  value={pair.value} onChange={(event) => setPair(at, { ...pair, value: event.target.value })}
                />
              </div>
              <div className="w-24">
                <FactorField label={`Factor ${at + 1}`} value={pair.factor} onChange={(factor) => setPair(at, { ...pair, factor })} />
              </div>
              <IconButton
                type="button"
                label={`Remove rule ${at + 1}`}
                icon={<X aria-hidden size={14} />}
                onClick={() => set({ metadata: values.metadata.toSpliced(at, 1) })}
              />
            </li>
          ))}
        </ul>
        <Button
          type="button"
          className="mt-3"
          icon={<Plus aria-hidden size={14} />}
          onClick={() => set({ metadata: [...values.metadata, newPair] })}
        >
          Add a rule
        </Button>
      </fieldset>
      <fieldset>
        <legend className="mb-1 font-medium">By age</legend>
        <CheckField
          label="Newer documents first"
          hint="By the date that a document was given. One without a date counts as it is."
          checked={values.isNewer}
          onChange={(event) => set({ isNewer: event.target.checked })}
        />
        {values.isNewer && (
          <div className="mt-3 grid max-w-[40rem] gap-3 sm:grid-cols-3">
            <FactorField label="Documents of today count" value={values.newerFactor} onChange={(newerFactor) => set({ newerFactor })} />
            <TextField
              label="Half of it after days" type="number" required min={1} max={daysMax} step="any" className="num"
              value={values.halfLifeDays} onChange={(event) => set({ halfLifeDays: event.target.value })}
            />
          </div>
        )}
      </fieldset>
      <p className="max-w-[70ch] text-12 text-faint">
        Factors are from {factorMin} to {factorMax}; all that fit a passage are multiplied. They change the order of what is found, never
        what somebody may read.
      </p>
    </Form>
  );
}

function FactorField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      label={label} type="number" required min={factorMin} max={factorMax} step="any" inputMode="decimal" className="num"
      value={value} onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface FormProps {
  isChanged: boolean;
  change: { isPending: boolean; error: Error | null; mutate: () => void; reset: () => void };
  onReset: () => void;
  children: ReactNode;
}

function Form({ isChanged, change, onReset, children }: FormProps) {
  return (
    <form
      className="space-y-5 px-4 py-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!change.isPending && isChanged) change.mutate();
      }}
    >
      {children}
      {change.error && <Failure error={change.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" tone="primary" busy={change.isPending} disabled={!isChanged}>Save</Button>
        {isChanged && (
          <Button
            type="button"
            onClick={() => {
              change.reset();
              onReset();
            }}
          >
            Discard
          </Button>
        )}
      </div>
    </form>
  );
}

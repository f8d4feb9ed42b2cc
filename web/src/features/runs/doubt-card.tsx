'use client';

import { useState } from 'react';
import { resolveStep } from '@/api/calls';
import { useCanOnRun } from '@/api/permissions';
import type { DoubtOutcome } from '@/api/types';
import { prettyJson, readJson } from '@/lib/json';
import { Button } from '@/ui/button';
import { TextAreaField, TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { useControl } from './control-mutation';
import type { StepItem } from './timeline-model';

const ways: { outcome: DoubtOutcome; when: string; then: string; button: string }[] = [
  { outcome: 'retry', when: 'It did not happen.', then: 'Or it may safely happen twice. The run does it again.', button: 'Do it again' },
  { outcome: 'tookPlace', when: 'It happened.', then: 'You say what it gave, and the run goes on with that.', button: 'It took place' },
  { outcome: 'compensate', when: 'It must not stand.', then: 'Whatever it did is undone, and the step counts as failed.', button: 'Undo it' },
  { outcome: 'failed', when: 'Nobody can tell.', then: 'It is left as it is, and the step counts as failed.', button: 'Mark failed' },
];

/** A step that was cut off while it may have had an effect. Only a person can say what is true. */
export function DoubtCard({ runId, item }: { runId: string; item: StepItem }) {
  const mayDecide = useCanOnRun('runs:approve', runId);
  const [note, setNote] = useState('');
  const [output, setOutput] = useState<string | null>(null);
  const resolve = useControl({
    ask: ({ outcome, value }: { outcome: DoubtOutcome; value?: unknown }) =>
      resolveStep(runId, item.step, { occurrence: item.occurrence, outcome, output: value, note: note.trim() || undefined }),
  });
  const isOver = resolve.isPending || resolve.isSuccess;
  const choose = (outcome: DoubtOutcome) => {
    if (outcome === 'tookPlace') setOutput(output ?? templateOf(item));
    else resolve.mutate({ outcome });
  };
  return (
    <Notice tone="warn" title="It is not known whether this step happened">
      <p>{item.doubt}</p>
      <p>Look at what it would have changed, then say which is true.</p>
      {!mayDecide && <p className="mt-2">You may not decide this; ask somebody who may approve what runs do.</p>}
      {mayDecide && (
        <div className="mt-3 space-y-3">
          <ul aria-label="Ways out" className="divide-y rounded-sm border">
            {ways.map((way) => (
              <li key={way.outcome} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
                <p className="min-w-0 flex-1 basis-56">
                  <span className="font-medium text-fg">{way.when}</span> {way.then}
                </p>
                <Button
                  tone={way.outcome === 'failed' || way.outcome === 'compensate' ? 'danger' : 'plain'}
                  className="w-32 max-sm:w-full"
                  aria-expanded={way.outcome === 'tookPlace' ? output !== null : undefined}
                  busy={resolve.isPending && resolve.variables.outcome === way.outcome}
                  disabled={isOver}
                  onClick={() => choose(way.outcome)}
                >
                  {way.button}
                </Button>
              </li>
            ))}
          </ul>
          <TextField label="Reason (optional)" value={note} maxLength={2_000} onChange={(event) => setNote(event.target.value)} />
          {output !== null && (
            <TookPlace
              text={output}
              busy={isOver}
              onChange={setOutput}
              onCancel={() => setOutput(null)}
              onSend={(value) => resolve.mutate({ outcome: 'tookPlace', value })}
            />
          )}
        </div>
      )}
    </Notice>
  );
}

interface TookPlaceProps {
  text: string;
  busy: boolean;
  onChange: (text: string) => void;
  onCancel: () => void;
  onSend: (value: unknown) => void;
}

function TookPlace({ text, busy, onChange, onCancel, onSend }: TookPlaceProps) {
  const read = readJson(text);
  return (
    <form
      aria-label="What the step gave"
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (read.problem === null && !busy) onSend(read.value);
      }}
    >
      <TextAreaField
        label="What it gave (JSON)"
        hint="The run takes this for the step's output."
        error={read.problem}
        value={text}
        rows={6}
        spellCheck={false}
        className="num text-12"
        onChange={(event) => onChange(event.target.value)}
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>Back</Button>
        <Button type="submit" tone="primary" disabled={read.problem !== null || busy}>Go on with this</Button>
      </div>
    </form>
  );
}

/** The shape that the program expects, to be filled in. */
const templateOf = (item: StepItem) =>
  prettyJson(item.effect === 'tool.call' ? { text: '', isError: false, truncated: false, data: null } : {});

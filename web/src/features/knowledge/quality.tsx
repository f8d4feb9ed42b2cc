'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { testKnowledge } from '@/api/knowledge-calls';
import { comparisonQuery } from '@/api/knowledge-queries';
import { type FoundPassage, type KnowledgeBase, type KnowledgeHealth, type SearchWay, searchWays } from '@/api/knowledge-types';
import { Failure } from '@/features/failure';
import { cx } from '@/lib/cx';
import { formatCount, formatDuration } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { CheckField, TextField } from '@/ui/field';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { useMayWrite } from './may-write';
import { documentHref, expectedPlace, isExpected, placeWords } from './passages';
import { isAskedElsewhere } from './vectors';

/** How well a knowledge base finds: by its own sentences, and a question in all ways of looking side by side. */
export function Quality({ base }: { base: KnowledgeBase }) {
  const mayTest = useMayWrite(base.name);
  return (
    <div className="space-y-6">
      {mayTest && <Health base={base} />}
      <Comparison base={base} />
    </div>
  );
}

function Health({ base }: { base: KnowledgeBase }) {
  const test = useMutation({ mutationFn: () => testKnowledge(base.name) });
  return (
    <section aria-label="Health" className="space-y-3">
      <Panel
        title="Health"
        aside={<Button tone="plain" busy={test.isPending} onClick={() => test.mutate()}>{test.data ? 'Test again' : 'Test'}</Button>}
      >
        {!test.data && (
          <Empty title="Does it find what is in it?">
            A test asks for up to a hundred sentences of its own documents, with every third word left out, and looks where their
            passages stand. {isAskedElsewhere(base.model) ? `They are sent to ${base.model}.` : 'Nothing leaves the server.'}
          </Empty>
        )}
        {test.data && <Score health={test.data} />}
      </Panel>
      {test.error && <Failure error={test.error} onRetry={() => test.mutate()} />}
      {test.data?.findings.map((finding) => (
        <Notice key={finding.code} tone="warn" title={finding.message} code={finding.code} live />
      ))}
    </section>
  );
}

const good = 90;
const poor = 70;

function Score({ health }: { health: KnowledgeHealth }) {
  const { score, questions, foundFirst, foundInTen, reciprocalRank, medianMicroseconds } = health;
  const tone = score === null ? 'text-muted' : score >= good ? 'text-ok' : score >= poor ? 'text-warn' : 'text-bad';
  const figures = [
    { name: 'Questions', value: formatCount(questions) },
    { name: 'Found first', value: formatCount(foundFirst) },
    { name: 'Found among ten', value: formatCount(foundInTen) },
    { name: 'Mean reciprocal rank', value: reciprocalRank.toFixed(3) },
    { name: 'A search', value: formatDuration(medianMicroseconds / 1000) },
  ];
  return (
    <div className="flex flex-wrap items-center gap-x-10 gap-y-3 px-4 py-3" role="status">
      <p>
        <span className={cx('num text-20 font-semibold', tone)}>{score ?? '—'}</span>
        <span className="text-muted"> of 100</span>
      </p>
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        {figures.map((figure) => (
          <div key={figure.name}>
            <dt className="text-11 text-faint">{figure.name}</dt>
            <dd className="num">{figure.value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const questionMax = 4_000;

function Comparison({ base }: { base: KnowledgeBase }) {
  const url = useUrlState();
  const asked = url.get('q') ?? '';
  const expected = url.get('expect') ?? '';
  const untuned = url.get('untuned') === '1';
  return (
    <section aria-label="Ways of looking, compared" className="space-y-3">
      <QuestionForm
        key={`${asked} ${expected} ${untuned}`}
        asked={asked}
        expected={expected}
        untuned={untuned}
        onAsk={(q, expect, also) => url.set({ q, expect: expect === '' ? null : expect, untuned: also ? '1' : null }, 'push')}
      />
      {asked === '' ? (
        <Panel title="Ways of looking, compared">
          <Empty title="Ask one question in four ways">
            Name a document that should be found, and see which way finds it where. For many questions at once there is{' '}
            <code className="num text-fg">codexos kb eval</code>.
          </Empty>
        </Panel>
      ) : (
        <Ways base={base.name} asked={asked} expected={expected} untuned={untuned} />
      )}
    </section>
  );
}

interface QuestionFormProps {
  asked: string;
  expected: string;
  untuned: boolean;
  onAsk: (question: string, expected: string, untuned: boolean) => void;
}

function QuestionForm({ asked, expected, untuned, onAsk }: QuestionFormProps) {
  const [question, setQuestion] = useState(asked);
  const [document, setDocument] = useState(expected);
  const [also, setAlso] = useState(untuned);
  return (
    <form
      role="search"
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (question.trim() !== '') onAsk(question.trim(), document.trim(), also);
      }}
    >
      <div className="min-w-0 flex-3 basis-72">
        <TextField
          label="Question" type="search" required maxLength={questionMax}
          value={question} onChange={(event) => setQuestion(event.target.value)}
        />
      </div>
      <div className="min-w-0 flex-2 basis-52">
        <TextField
          label="Document that should be found" placeholder="A part of its name" maxLength={400}
          value={document} onChange={(event) => setDocument(event.target.value)}
        />
      </div>
      <Button type="submit" tone="primary" className="h-9">Compare</Button>
      <div className="basis-full">
        <CheckField
          label="Also without the synonyms and boosts of this base" checked={also} onChange={(event) => setAlso(event.target.checked)}
        />
      </div>
    </form>
  );
}

const wayNames: Record<SearchWay, { title: string; what: string }> = {
  hybrid: { title: 'Hybrid', what: 'As searches are made: all of the others on one scale' },
  feedback: { title: 'Words with feedback', what: 'Words of the question, and of the best passages' },
  words: { title: 'Words', what: 'Words of the question alone' },
  vectors: { title: 'Vectors', what: 'Meaning alone' },
};

const untunedName = { title: 'Hybrid, untuned', what: 'Without the synonyms and boosts of this base' };

function Ways({ base, asked, expected, untuned }: { base: string; asked: string; expected: string; untuned: boolean }) {
  const comparison = useQuery(comparisonQuery(base, asked, untuned));
  if (comparison.isPending) return <Panel><SkeletonRows rows={6} label="Searching in several ways" /></Panel>;
  if (!comparison.data) return <Failure error={comparison.error} onRetry={() => void comparison.refetch()} />;
  return (
    <div className={cx('grid gap-3 md:grid-cols-2', comparison.data.untuned ? 'xl:grid-cols-5' : 'xl:grid-cols-4')}>
      {searchWays.map((way) => (
        <Way key={way} base={base} name={wayNames[way]} way={way} expected={expected} {...comparison.data.ways[way]} />
      ))}
      {comparison.data.untuned && (
        <Way base={base} name={untunedName} way="hybrid" expected={expected} {...comparison.data.untuned} />
      )}
    </div>
  );
}

interface WayProps {
  base: string;
  name: { title: string; what: string };
  way: SearchWay;
  expected: string;
  passages: readonly FoundPassage[];
  microseconds: number;
}

function Way({ base, name: { title, what }, way, expected, passages, microseconds }: WayProps) {
  const place = expectedPlace(passages, expected);
  return (
    <Panel title={title} aside={<span className="num">{formatDuration(microseconds / 1000)}</span>}>
      <div className="border-b px-4 py-2 text-12 text-muted">
        <p>{what}</p>
        {expected !== '' && (
          <p className={place === null ? 'text-bad' : 'text-ok'}>
            {place === null ? `Not among ${passages.length}` : `Found at place ${place}`}
          </p>
        )}
      </div>
      {passages.length === 0 && (
        <Empty title="Nothing is found this way">{way === 'vectors' && 'A base has vectors once it has a hundred passages.'}</Empty>
      )}
      <ol aria-label={`What ${title.toLowerCase()} finds`} className="divide-y">
        {passages.map((passage, at) => (
          <li
            key={`${passage.documentId} ${passage.place.ordinal}`}
            className={cx('flex gap-3 px-4 py-2', isExpected(passage, expected) && 'bg-accent-soft')}
          >
            <span aria-hidden className="num w-5 shrink-0 text-right text-12 text-faint">{at + 1}</span>
            <div className="min-w-0">
              <Link
                href={documentHref(base, passage.documentId, passage.place.ordinal)}
                className="text-accent wrap-anywhere hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center"
              >
                {passage.document}
              </Link>
              {placeWords(passage.place) && <span className="num ml-2 text-12 text-muted">{placeWords(passage.place)}</span>}
              <p className="line-clamp-2 text-12 text-muted wrap-anywhere">{passage.text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

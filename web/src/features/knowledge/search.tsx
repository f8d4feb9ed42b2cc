'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Search as SearchIcon } from 'lucide-react';
import { useState } from 'react';
import { answerQuery } from '@/api/knowledge-queries';
import type { FoundPassage, KnowledgeAnswer, KnowledgeBase } from '@/api/knowledge-types';
import { Failure } from '@/features/failure';
import { formatDuration, plural } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { documentHref, markTerms, placeWords } from './passages';
import { boostWords } from './tuning-values';

const queryMax = 4_000;

/** Asks a knowledge base as an agent would. What is asked is in the address, so that an answer can be shown to somebody. */
export function Search({ base }: { base: KnowledgeBase }) {
  const url = useUrlState();
  const asked = url.get('q') ?? '';
  return (
    <div className="space-y-4">
      <QueryForm key={asked} asked={asked} onAsk={(query) => url.set({ q: query }, 'push')} />
      {asked === '' ? (
        <Panel>
          <Empty title={base.passages === 0 ? 'Nothing can be found yet' : 'Ask as you would ask a colleague'}>
            {base.passages === 0 ? (
              'Add documents and have them read first.'
            ) : (
              <>
                <code className="num text-fg">+word</code> must stand there, <code className="num text-fg">-word</code> must not,{' '}
                <code className="num text-fg">+&quot;words in quotes&quot;</code> must stand there so, <code className="num text-fg">word^2</code>{' '}
                counts twice.
              </>
            )}
          </Empty>
        </Panel>
      ) : (
        <Answer base={base.name} asked={asked} />
      )}
    </div>
  );
}

function QueryForm({ asked, onAsk }: { asked: string; onAsk: (query: string) => void }) {
  const [query, setQuery] = useState(asked);
  return (
    <form
      role="search"
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (query.trim() !== '') onAsk(query.trim());
      }}
    >
      <div className="min-w-0 flex-1">
        <TextField
          label="Question"
          hideLabel
          type="search"
          placeholder="What do you want to know?"
          required
          maxLength={queryMax}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <Button type="submit" tone="primary" icon={<SearchIcon aria-hidden size={14} />} className="h-9">Search</Button>
    </form>
  );
}

function Answer({ base, asked }: { base: string; asked: string }) {
  const answer = useQuery(answerQuery(base, asked));
  if (answer.isPending) return <Panel><SkeletonRows rows={4} label="Searching" /></Panel>;
  if (!answer.data) return <Failure error={answer.error} onRetry={() => void answer.refetch()} />;
  const { passages, isPartial, partialReason, rerankReason, microseconds } = answer.data;
  return (
    <>
      {passages.length > 0 && <OwnWords base={base} answer={answer.data} />}
      {isPartial && <Notice tone="warn" title={whyPartial(partialReason)} />}
      {rerankReason && (
        <Notice tone="warn" title="The reranker did not rank these passages, so they are as they were found." code={rerankReason} />
      )}
      <Panel title={plural(passages.length, 'passage')} aside={<span className="num">{formatDuration(microseconds / 1000)}</span>}>
        {passages.length === 0 && <Empty title="No passage answers this">Ask in other words, or with fewer that must stand there.</Empty>}
        <ol aria-label="Passages that were found" className="divide-y">
          {passages.map((passage) => (
            <li key={`${passage.documentId} ${passage.place.ordinal}`} className="px-4 py-3">
              <Found base={base} passage={passage} />
            </li>
          ))}
        </ol>
      </Panel>
    </>
  );
}

function whyPartial(reason: string | null) {
  return reason === 'knowledge.time_limit'
    ? 'Time ran out before everything was seen. Ask again, or ask for less.'
    : `The store of this base's vectors is not as it should be (${reason}), so words counted more than usual.`;
}

/** Sentences of the documents that answer, each with a link to where it stands; or that they do not tell. */
function OwnWords({ base, answer: { isAnswered, citations, unknownWords } }: { base: string; answer: KnowledgeAnswer }) {
  if (!isAnswered) {
    return (
      <Notice tone="info" title="The documents do not tell">
        {unknownWords.length > 0
          ? `No passage has ${unknownWords.map((word) => `“${word}”`).join(', ')}. These are the nearest passages:`
          : 'No passage speaks of enough of what was asked. These are the nearest:'}
      </Notice>
    );
  }
  return (
    <Panel title="In the documents' own words">
      <ol aria-label="Sentences that answer" className="space-y-3 px-4 py-3">
        {citations.map((citation) => (
          <li key={citation.number}>
            <p className="max-w-[84ch] whitespace-pre-line text-15 wrap-anywhere">{citation.quote}</p>
            <p className="text-12">
              <Link
                href={documentHref(base, citation.documentId, citation.place.ordinal)}
                className="text-accent wrap-anywhere hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center"
              >
                {citation.document}
              </Link>
              {placeWords(citation.place) && <span className="num ml-2 text-faint">{placeWords(citation.place)}</span>}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Found({ base, passage }: { base: string; passage: FoundPassage }) {
  const place = placeWords(passage.place);
  return (
    <article aria-label={passage.document}>
      <div className="flex flex-wrap items-baseline gap-x-3">
        <Link
          href={documentHref(base, passage.documentId, passage.place.ordinal)}
          className="font-medium text-accent wrap-anywhere hover:underline coarse:inline-flex coarse:min-h-11 coarse:items-center"
        >
          {passage.document}
        </Link>
        {passage.title && <span className="text-muted">{passage.title}</span>}
        {place && <span className="num text-12 text-faint">{place}</span>}
      </div>
      {passage.place.headings.length > 0 && <HeadingPath headings={passage.place.headings} />}
      <p className="mt-1 line-clamp-6 max-w-[84ch] whitespace-pre-line wrap-anywhere">
        {markTerms(passage.text, passage.matchedTerms).map((piece, at) =>
          piece.marked ? (
            <mark key={at} className="rounded-[2px] bg-accent-soft text-fg">{piece.text}</mark>
          ) : (
            piece.text
          ))}
      </p>
      <Why passage={passage} />
    </article>
  );
}

export function HeadingPath({ headings }: { headings: readonly string[] }) {
  return <p className="text-12 text-muted wrap-anywhere">{headings.join(' › ')}</p>;
}

function Tags({ name, words }: { name: string; words: readonly string[] }) {
  if (words.length === 0) return null;
  return (
    <div className="basis-full">
      <dt className="text-11 text-faint">{name}</dt>
      <dd className="mt-0.5 flex flex-wrap gap-1">
        {words.map((each) => <Tag key={each}>{each}</Tag>)}
      </dd>
    </div>
  );
}

const number = (value: number) => (value === 0 ? '—' : value.toFixed(3));

/** Why it was found. Scores are to be compared within one search only. */
function Why({ passage: { score, scores, matchedTerms, synonyms = [], boosts = [] } }: { passage: FoundPassage }) {
  const figures = [
    { name: 'Score', value: score.toFixed(3) },
    { name: 'Words of the question', value: number(scores.lexical) },
    { name: 'Words of the best passages', value: number(scores.feedback) },
    { name: 'Meaning', value: number(scores.dense) },
    ...(typeof scores.rerank === 'number' ? [{ name: 'Reranker', value: scores.rerank.toFixed(3) }] : []),
  ];
  return (
    <details className="group mt-1.5">
      <summary className="inline-flex h-7 items-center gap-1 rounded-sm text-12 text-muted hover:text-fg coarse:h-11">
        <ChevronRight aria-hidden size={13} className="transition-transform duration-150 group-open:rotate-90" />
        Why
      </summary>
      <dl className="mt-1 flex flex-wrap gap-x-8 gap-y-2">
        {figures.map((figure) => (
          <div key={figure.name}>
            <dt className="text-11 text-faint">{figure.name}</dt>
            <dd className="num">{figure.value}</dd>
          </div>
        ))}
        <div className="basis-full">
          <dt className="text-11 text-faint">Words that match, as they are compared</dt>
          <dd className="mt-0.5 flex flex-wrap gap-1">
            {matchedTerms.length === 0 ? '—' : matchedTerms.map((term) => <Tag key={term}>{term}</Tag>)}
          </dd>
        </div>
        <Tags name="Synonyms, as written and as found" words={synonyms.map(({ written, found }) => `${written} → ${found}`)} />
        <Tags name="Raised or lowered by" words={boosts.map(boostWords)} />
      </dl>
    </details>
  );
}

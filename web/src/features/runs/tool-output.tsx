import { File, Folder, GitCommitHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatBytes, plural } from '@/lib/format';
import { isRecord, prettyJson } from '@/lib/json';
import { Code, Terminal } from '@/ui/code';
import { DiffView } from '@/ui/diff-view';
import type { ToolOutput } from '@/api/run-events';
import { toolView } from './tool-data';

const listedMax = 200;

export function ToolOutputView({ output }: { output: ToolOutput }) {
  const view = toolView(output);
  switch (view.kind) {
    case 'shell':
      return <Terminal {...view} note={view.timedOut ? 'timed out' : output.truncated ? 'output cut' : null} />;
    case 'diff':
      return <DiffView diff={view.diff} />;
    case 'files':
      return (
        <Listing total={view.entries.length} noun="entry" nouns="entries">
          {view.entries.slice(0, listedMax).map((entry) => (
            <li key={entry.path} className="flex items-center gap-2 px-3 py-0.5">
              {entry.isDirectory ? (
                <Folder aria-label="Folder" size={13} className="shrink-0 text-faint" />
              ) : (
                <File aria-label="File" size={13} className="shrink-0 text-faint" />
              )}
              <span className="min-w-0 flex-1 truncate">{entry.path}</span>
              {!entry.isDirectory && entry.sizeBytes !== null && (
                <span className="text-11 text-faint">{formatBytes(entry.sizeBytes)}</span>
              )}
            </li>
          ))}
        </Listing>
      );
    case 'file': {
      const total = view.totalLines === null ? '' : ` · ${plural(view.totalLines, 'line')} in all`;
      return (
        <Code
          text={view.text.replace(/\n$/, '')}
          label={`Contents of ${view.path}`}
          caption={`${view.path} from line ${view.startLine}${total}`}
          firstLine={view.startLine}
        />
      );
    }
    case 'matches':
      return (
        <Listing total={view.matches.length} noun="match" nouns="matches">
          {view.matches.slice(0, listedMax).map((match, index) => (
            <li key={index} className="flex gap-3 px-3 py-0.5">
              <span className="shrink-0 text-faint">{match.path}:{match.line}</span>
              <span className="min-w-0 truncate whitespace-pre">{match.text}</span>
            </li>
          ))}
        </Listing>
      );
    case 'commit':
      return (
        <div className="flex items-start gap-2.5 rounded-sm border bg-well px-3 py-2">
          <GitCommitHorizontal aria-hidden size={15} className="mt-0.5 shrink-0 text-ok" />
          <div className="min-w-0">
            <p className="wrap-anywhere">{view.message}</p>
            <p className="num text-11 text-faint">
              {view.commit.slice(0, 12)}
              {view.filesChanged !== null && ` · ${plural(view.filesChanged, 'file')}`}
            </p>
          </div>
        </div>
      );
    case 'text':
      return <Code text={view.text || '(empty)'} label={output.isError ? 'Error' : 'Output'} />;
  }
}

interface ListingProps {
  total: number;
  noun: string;
  nouns: string;
  children: ReactNode;
}

function Listing({ total, noun, nouns, children }: ListingProps) {
  return (
    <div className="overflow-hidden rounded-sm border bg-well">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard */}
      <div tabIndex={0} role="group" aria-label={plural(total, noun, nouns)} className="scroll-thin max-h-80 overflow-auto">
        {total === 0 ? <p className="px-3 py-2 text-12 text-faint">Nothing found.</p> : <ul className="num py-1 text-12">{children}</ul>}
      </div>
      {total > listedMax && (
        <p className="border-t bg-surface px-3 py-1 text-12 text-faint">
          The first {listedMax} of {plural(total, noun, nouns)}; the journal has them all.
        </p>
      )}
    </div>
  );
}

/** Arguments of a call: short ones as a table of names and values, anything deep as JSON. */
export function Arguments({ value }: { value: unknown }) {
  if (!isRecord(value)) return <Code text={prettyJson(value)} label="Arguments" />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <p className="text-12 text-faint">No arguments.</p>;
  const isFlat = entries.every(([, item]) => !isRecord(item) && !Array.isArray(item));
  if (!isFlat) return <Code text={prettyJson(value)} label="Arguments" />;
  return (
    <dl className="overflow-hidden rounded-sm border bg-well">
      {entries.map(([name, item]) => (
        <div key={name} className="flex gap-3 px-3 py-1.5 not-first:border-t">
          <dt className="num w-24 shrink-0 truncate text-12 text-faint">{name}</dt>
          <dd className="num max-h-60 min-w-0 flex-1 overflow-auto text-12 wrap-anywhere whitespace-pre-wrap">{String(item)}</dd>
        </div>
      ))}
    </dl>
  );
}

'use client';

import { useMemo, useState, type ReactNode } from 'react';
import { stripAnsi } from '@/lib/ansi';
import { cx } from '@/lib/cx';
import { plural } from '@/lib/format';
import { CopyButton } from './copy-button';

const linesShown = 24;

interface ClampProps {
  text: string;
  /** Which end matters: a file is read from its head, a log from its tail. */
  keep?: 'head' | 'tail';
  children: (text: string, firstLine: number) => ReactNode;
}

/** Shows the first or last lines of a long text, and the whole of it on request. */
export function Clamp({ text, keep = 'head', children }: ClampProps) {
  const [all, setAll] = useState(false);
  const lines = useMemo(() => text.split('\n'), [text]);
  const hidden = lines.length - linesShown;
  const long = hidden > 4;
  const from = long && !all && keep === 'tail' ? hidden : 0;
  const shown = long && !all ? lines.slice(from, from + linesShown).join('\n') : text;
  const toggle = long && (
    <button
      type="button"
      aria-expanded={all}
      onClick={() => setAll(!all)}
      className="flex h-7 w-full items-center justify-center border-line bg-surface text-12 text-muted first:border-b last:border-t hover:text-fg coarse:h-11"
    >
      {all ? 'Show less' : `Show all · ${plural(lines.length, 'line')}`}
    </button>
  );
  return (
    <>
      {keep === 'tail' && toggle}
      {children(shown, from)}
      {keep === 'head' && toggle}
    </>
  );
}

interface CodeProps {
  text: string;
  label: string;
  caption?: ReactNode;
  copy?: boolean;
  /** Numbers the lines from here. */
  firstLine?: number;
  className?: string;
}

export function Code({ text, label, caption, copy, firstLine, className }: CodeProps) {
  return (
    <figure className={cx('group relative min-w-0 overflow-hidden rounded-sm border bg-well', className)}>
      {caption && (
        <figcaption className="num flex min-h-8 items-center gap-2 border-b bg-surface px-3 text-11 text-muted">
          <span className="min-w-0 flex-1 truncate">{caption}</span>
          {copy && <CopyButton text={text} />}
        </figcaption>
      )}
      <Clamp text={text}>
        {(shown) => (
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
          <pre tabIndex={0} role="group" aria-label={label} className="num scroll-thin flex overflow-x-auto py-2 text-12">
            {firstLine !== undefined && (
              <span aria-hidden className="sticky left-0 shrink-0 border-r bg-well px-3 text-right text-faint select-none">
                {shown.split('\n').map((_, index) => firstLine + index).join('\n')}
              </span>
            )}
            <code className="px-3">{shown}</code>
          </pre>
        )}
      </Clamp>
      {copy && !caption && (
        <div className="absolute top-1 right-1 rounded-sm bg-well">
          <CopyButton text={text} />
        </div>
      )}
    </figure>
  );
}

interface TerminalProps {
  command: string;
  stdout: string;
  stderr: string;
  /** Null while the command has not ended. */
  exitCode: number | null;
  note?: string | null;
}

export function Terminal({ command, stdout, stderr, exitCode, note }: TerminalProps) {
  const out = useMemo(() => stripAnsi(stdout).replace(/\n+$/, ''), [stdout]);
  const err = useMemo(() => stripAnsi(stderr).replace(/\n+$/, ''), [stderr]);
  const failed = exitCode !== null && exitCode !== 0;
  return (
    <figure className="min-w-0 overflow-hidden rounded-sm border bg-well">
      <figcaption className="num flex min-h-8 items-center gap-2 border-b bg-surface px-3 text-12">
        <span aria-hidden className="text-faint select-none">$</span>
        <span className="min-w-0 flex-1 truncate" title={command}>{command}</span>
        {note && <span className="text-11 text-warn">{note}</span>}
        {exitCode !== null && (
          <span className={cx('text-11', failed ? 'text-bad' : 'text-ok')}>exit {exitCode}</span>
        )}
      </figcaption>
      {out === '' && err === '' ? (
        <p className="px-3 py-2 text-12 text-faint">{exitCode === null ? 'Running…' : 'No output.'}</p>
      ) : (
        <>
          {out !== '' && <Stream text={out} label={`Output of ${command}`} />}
          {err !== '' && <Stream text={err} label={`Error output of ${command}`} isError />}
        </>
      )}
    </figure>
  );
}

function Stream({ text, label, isError }: { text: string; label: string; isError?: boolean }) {
  return (
    <div className="not-first:border-t">
      {isError && <p className="num px-3 pt-2 text-11 text-faint">stderr</p>}
      <Clamp text={text} keep="tail">
        {(shown) => (
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
          <pre tabIndex={0} role="group" aria-label={label} className="num scroll-thin overflow-x-auto px-3 py-2 text-12">
            <code>{shown}</code>
          </pre>
        )}
      </Clamp>
    </div>
  );
}

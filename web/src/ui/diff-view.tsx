'use client';

import { Fragment, useMemo, useState } from 'react';
import { cx } from '@/lib/cx';
import { parseDiff, type DiffFile, type DiffLine } from '@/lib/diff';
import { plural } from '@/lib/format';

const linesShown = 160;

/** A unified diff: old and new line numbers, a sign and a tint for each changed line. */
export function DiffView({ diff }: { diff: string }) {
  const files = useMemo(() => parseDiff(diff), [diff]);
  if (files.length === 0)
    return diff.trim() === '' ? (
      <p className="text-12 text-faint" data-testid="diff-view">No changes.</p>
    ) : (
      <pre className="num overflow-x-auto text-12" data-testid="diff-view">{diff}</pre>
    );
  return (
    <div data-testid="diff-view" className="space-y-2">
      {files.map((file, index) => (
        <FileDiff key={`${file.path}-${index}`} file={file} />
      ))}
    </div>
  );
}

function FileDiff({ file }: { file: DiffFile }) {
  const [all, setAll] = useState(false);
  const total = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const long = total > linesShown;
  const starts = file.hunks.map((_, index) => file.hunks.slice(0, index).reduce((sum, hunk) => sum + hunk.lines.length, 0));
  return (
    <figure className="min-w-0 overflow-hidden rounded-sm border bg-well">
      <figcaption className="num flex min-h-8 items-center gap-3 border-b bg-surface px-3 text-12">
        <span className="min-w-0 flex-1 truncate">
          {file.oldPath && <span className="text-faint">{file.oldPath} → </span>}
          {file.path}
        </span>
        {file.status !== 'modified' && <span className="text-11 text-muted">{file.status}</span>}
        <span className="text-11 whitespace-nowrap">
          <span className="text-ok">+{file.insertions}</span> <span className="text-bad">−{file.deletions}</span>
          <span className="sr-only"> lines</span>
        </span>
      </figcaption>
      {file.binary && <p className="px-3 py-2 text-12 text-faint">A binary file; its bytes are not shown.</p>}
      {file.hunks.length > 0 && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
        <div tabIndex={0} role="group" aria-label={`Changes of ${file.path}`} className="scroll-thin overflow-x-auto">
          <table className="num w-full border-collapse text-12">
            <thead className="sr-only">
              <tr><th>Old line</th><th>New line</th><th>Change</th></tr>
            </thead>
            <tbody>
              {file.hunks.map((hunk, index) => {
                const room = all ? hunk.lines.length : linesShown - (starts[index] ?? 0);
                if (room <= 0) return null;
                return (
                  <Fragment key={hunk.header + index}>
                    <tr className="text-11 text-faint">
                      <td colSpan={2} className="sticky left-0 w-[76px] border-r bg-surface px-2 py-0.5 text-center" aria-hidden>⋯</td>
                      <td className="bg-surface px-3 py-0.5 whitespace-pre">{hunk.header} {hunk.section}</td>
                    </tr>
                    {hunk.lines.slice(0, room).map((line, at) => (
                      <Row key={at} line={line} />
                    ))}
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {long && (
        <button
          type="button"
          aria-expanded={all}
          onClick={() => setAll(!all)}
          className="h-7 w-full border-t bg-surface text-12 text-muted hover:text-fg coarse:h-11"
        >
          {all ? 'Show less' : `Show all · ${plural(total, 'line')}`}
        </button>
      )}
    </figure>
  );
}

const signs = { context: ' ', added: '+', removed: '−' };
const names = { context: '', added: 'added: ', removed: 'removed: ' };

function Row({ line }: { line: DiffLine }) {
  const tint = line.kind === 'added' ? 'bg-add-bg' : line.kind === 'removed' ? 'bg-del-bg' : 'bg-well';
  const gutter = 'sticky w-[38px] min-w-[38px] px-1.5 text-right text-11 text-faint select-none align-top';
  return (
    <tr className={tint}>
      <td className={cx(gutter, 'left-0', tint)}>{line.oldLine}</td>
      <td className={cx(gutter, 'left-[38px] border-r', tint)}>{line.newLine}</td>
      <td className="pr-3 whitespace-pre">
        <span
          aria-hidden
          className={cx(
            'inline-block w-6 text-center select-none',
            line.kind === 'added' && 'text-ok',
            line.kind === 'removed' && 'text-bad',
          )}
        >
          {signs[line.kind]}
        </span>
        <span className="sr-only">{names[line.kind]}</span>
        {line.text}
        {line.noNewline && <span className="text-11 text-faint"> ⏎̸ no newline at end of file</span>}
      </td>
    </tr>
  );
}

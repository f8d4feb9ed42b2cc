'use client';

import { useMemo, type ReactNode } from 'react';
import { CopyButton } from './copy-button';

interface YamlViewProps {
  text: string;
  label: string;
  caption: string;
  actions?: ReactNode;
}

/** YAML to read: keys, comments and values told apart, with line numbers to speak about. */
export function YamlView({ text, label, caption, actions }: YamlViewProps) {
  const lines = useMemo(() => text.replace(/\n$/, '').split('\n'), [text]);
  return (
    <figure className="min-w-0 overflow-hidden rounded-md border bg-well">
      <figcaption className="flex min-h-9 items-center gap-1 border-b bg-surface pr-2 pl-4">
        <span className="num min-w-0 flex-1 truncate text-12 text-muted">{caption}</span>
        {actions}
        <CopyButton text={text} label="Copy YAML" />
      </figcaption>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} role="group" aria-label={label} className="num scroll-thin flex overflow-x-auto py-2.5 text-12">
        <span aria-hidden className="sticky left-0 shrink-0 border-r bg-well px-3 text-right text-faint select-none">
          {lines.map((_, index) => index + 1).join('\n')}
        </span>
        <code className="px-4">
          {lines.map((line, index) => (
            <YamlLine key={index} line={line} />
          ))}
        </code>
      </pre>
    </figure>
  );
}

const keyLine = /^(\s*(?:- +)*)([\w.-]+)(:)(\s.*|)$/;

function YamlLine({ line }: { line: string }) {
  if (line.trimStart().startsWith('#')) return <span className="text-faint">{line}{'\n'}</span>;
  const match = keyLine.exec(line);
  if (!match) return <>{line}{'\n'}</>;
  const [, indent, key, colon, value] = match;
  return (
    <>
      <span className="text-faint">{indent}</span>
      <span className="text-accent">{key}</span>
      <span className="text-faint">{colon}</span>
      {value}
      {'\n'}
    </>
  );
}

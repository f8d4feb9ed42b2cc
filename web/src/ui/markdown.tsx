import { Fragment, useMemo } from 'react';
import { parseMarkdown, type Block, type Inline } from '@/lib/markdown';
import { Code } from './code';

/** Shows what a model wrote. Everything is built as elements; there is no way in for HTML. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return (
    <div className="max-w-[76ch] space-y-2 wrap-anywhere">
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'paragraph':
      return <p className="whitespace-pre-line"><Inlines of={block.children} /></p>;
    case 'heading':
      // Not a heading of the page: an answer's own titles would break its outline.
      return <p className={block.level <= 2 ? 'pt-1 text-15 font-semibold' : 'pt-1 font-semibold'}><Inlines of={block.children} /></p>;
    case 'code':
      return <Code text={block.text} label={`Code${block.language && `, ${block.language}`}`} caption={block.language || undefined} />;
    case 'quote':
      return <blockquote className="border-l-2 border-line-strong pl-3 text-muted"><Inlines of={block.children} /></blockquote>;
    case 'rule':
      return <hr />;
    case 'list': {
      const items = block.items.map((item, index) => <li key={index}><Inlines of={item} /></li>);
      return block.ordered ? (
        <ol start={block.start} className="list-decimal space-y-0.5 pl-6 marker:text-faint">{items}</ol>
      ) : (
        <ul className="list-disc space-y-0.5 pl-5 marker:text-faint">{items}</ul>
      );
    }
  }
}

function Inlines({ of }: { of: Inline[] }) {
  return of.map((part, index) => <Fragment key={index}>{inline(part)}</Fragment>);
}

function inline(part: Inline) {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'code':
      return <code className="num rounded-sm border bg-well px-1 py-px text-12">{part.text}</code>;
    case 'strong':
      return <strong className="font-semibold"><Inlines of={part.children} /></strong>;
    case 'emphasis':
      return <em><Inlines of={part.children} /></em>;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline underline-offset-2">
          <Inlines of={part.children} />
        </a>
      );
  }
}

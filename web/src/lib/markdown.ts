// The little of Markdown that model answers use, read into a tree. No HTML is understood, images become links,
// and a link must be http(s): whatever a model writes, it stays text.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'emphasis'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; children: Inline[] }
  | { kind: 'rule' }
  | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] };

const fence = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)\s*$/;
const heading = /^(#{1,6})\s+(.+?)\s*#*$/;
const bullet = /^\s{0,6}[-*+]\s+(.*)$/;
const numbered = /^\s{0,6}(\d{1,9})[.)]\s+(.*)$/;
const rule = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;

export function parseMarkdown(source: string): Block[] {
  const lines = source.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;

  const take = (matches: (line: string) => boolean) => {
    const taken: string[] = [];
    while (at < lines.length && matches(lines[at] ?? '')) taken.push(lines[at++] ?? '');
    return taken;
  };

  while (at < lines.length) {
    const line = lines[at] ?? '';
    const opened = fence.exec(line);
    const titled = heading.exec(line);
    if (line.trim() === '') at++;
    else if (opened) {
      at++;
      const mark = opened[1] ?? '```';
      const text = take((next) => !next.trimStart().startsWith(mark)).join('\n');
      at++;
      blocks.push({ kind: 'code', language: opened[2] ?? '', text });
    } else if (titled) {
      at++;
      blocks.push({ kind: 'heading', level: titled[1]?.length ?? 1, children: parseInline(titled[2] ?? '') });
    } else if (rule.test(line)) {
      at++;
      blocks.push({ kind: 'rule' });
    } else if (line.startsWith('>')) {
      const text = take((next) => next.startsWith('>')).map((next) => next.replace(/^>\s?/, ''));
      blocks.push({ kind: 'quote', children: parseInline(text.join(' ')) });
    } else if (bullet.test(line) || numbered.test(line)) {
      blocks.push(readList(line, take));
    } else {
      const text = take((next) => next.trim() !== '' && !startsBlock(next) || next === line);
      blocks.push({ kind: 'paragraph', children: parseInline(text.join('\n')) });
    }
  }
  return blocks;
}

const startsBlock = (line: string) =>
  fence.test(line) || heading.test(line) || rule.test(line) || line.startsWith('>') || bullet.test(line) || numbered.test(line);

function readList(first: string, take: (matches: (line: string) => boolean) => string[]): Block {
  const item = bullet.test(first) ? bullet : numbered;
  const ordered = item === numbered;
  const items: string[] = [];
  for (const line of take((next) => item.test(next) || (/^\s{2,}\S/.test(next) && !fence.test(next)))) {
    const match = item.exec(line);
    if (match) items.push((ordered ? match[2] : match[1]) ?? '');
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { kind: 'list', ordered, start: Number(numbered.exec(first)?.[1] ?? 1), items: items.map((text) => parseInline(text)) };
}

const inline =
  /(`+)([\s\S]*?[^`])\1(?!`)|\*\*([^\s*](?:[\s\S]*?[^\s*])?)\*\*|(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])|!?\[([^\]\n]*)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()\]]+[^\s<>()\].,;:!?'"])/;
const depthMax = 6;

export function parseInline(source: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  let rest = source;
  while (rest !== '') {
    const match = depth < depthMax ? inline.exec(rest) : null;
    if (!match) break;
    if (match.index > 0) out.push({ kind: 'text', text: rest.slice(0, match.index) });
    out.push(...readInline(match, depth));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== '') out.push({ kind: 'text', text: rest });
  return out;
}

function readInline(match: RegExpExecArray, depth: number): Inline[] {
  const [whole, , code, strong, emphasis, label, target, bare] = match;
  if (code !== undefined) return [{ kind: 'code', text: code.trim() }];
  if (strong !== undefined) return [{ kind: 'strong', children: parseInline(strong, depth + 1) }];
  if (emphasis !== undefined) return [{ kind: 'emphasis', children: parseInline(emphasis, depth + 1) }];
  if (bare !== undefined) return [{ kind: 'link', href: bare, children: [{ kind: 'text', text: bare }] }];
  const href = webAddress(target ?? '');
  return href === null
    ? [{ kind: 'text', text: whole }]
    : [{ kind: 'link', href, children: [{ kind: 'text', text: label || href }] }];
}

function webAddress(target: string): string | null {
  try {
    const url = new URL(target);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

import { describe, expect, it } from 'vitest';
import { stripAnsi } from './ansi';
import { formatBytes, formatCost, formatDuration, formatLeft, percentile, shortId } from './format';
import { parseInline, parseMarkdown } from './markdown';
import { safeReturnPath } from './nav';

describe('terminal text', () => {
  it('loses colours, titles and control characters', () => {
    expect(stripAnsi('\u001b[31mred\u001b[0m \u001b]0;title\u0007ok\u0000')).toBe('red ok');
  });
  it('shows the last state of a line that redraws itself', () => {
    expect(stripAnsi('10%\r50%\r100%\r\ndone\r\n')).toBe('100%\ndone\n');
  });
});

describe('figures', () => {
  it('read as people read them', () => {
    expect([0.2, 999, 1500, 59_970, 61_000, 3_720_000].map(formatDuration)).toEqual(['<1 ms', '999 ms', '1.5 s', '1m 00s', '1m 01s', '1h 02m']);
    expect([0, 50, 4200, 1_250_000].map(formatCost)).toEqual(['$0', '<$0.0001', '$0.0042', '$1.25']);
    expect([512, 2048, 5_242_880].map(formatBytes)).toEqual(['512 B', '2.0 KB', '5.0 MB']);
    expect(formatLeft(90_000, 0)).toBe('1m 30s');
    expect(formatLeft(0, 5_000)).toBeNull();
    expect(shortId('run_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b')).toBe('run_…3f4a5b');
  });
  it('take the 95th percentile by nearest rank', () => {
    expect(percentile([], 0.95)).toBeNull();
    expect(percentile([5], 0.95)).toBe(5);
    expect(percentile(Array.from({ length: 100 }, (_, index) => index + 1), 0.95)).toBe(95);
  });
});

describe('markdown', () => {
  it('reads the blocks answers are made of', () => {
    const kinds = parseMarkdown('# T\n\nText\nmore\n- a\n- b\n\n1. x\n2. y\n\n> q\n\n```js\nlet a;\n\nb\n```\n---').map((block) => block.kind);
    expect(kinds).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'code', 'rule']);
  });
  it('keeps HTML as text', () => {
    expect(parseInline('<img src=x onerror=alert(1)>')).toEqual([{ kind: 'text', text: '<img src=x onerror=alert(1)>' }]);
  });
  it('makes links of web addresses only, and of images no more than a link', () => {
    expect(parseInline('[a](javascript:alert(1))').every((part) => part.kind === 'text')).toBe(true);
    expect(parseInline('![pic](https://example.org/x.png)')).toEqual([{ kind: 'link', href: 'https://example.org/x.png', children: [{ kind: 'text', text: 'pic' }] }]);
  });
  it('ends for every text, closed or not', () => {
    for (const text of ['```', '**', '`', '- ', '1. ', '>', '[x](', '**a*', '# ', '```js\nnever closed']) expect(() => parseMarkdown(text)).not.toThrow();
  });
  it('does not take names_with_marks and 2*3*4 for emphasis', () => {
    expect(parseInline('a_b_c and 2*3*4')).toEqual([{ kind: 'text', text: 'a_b_c and 2*3*4' }]);
  });
});

describe('the return path after sign-in', () => {
  it('is a path of this site, or the overview', () => {
    expect(safeReturnPath('/runs?status=failed')).toBe('/runs?status=failed');
    for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', '/sign-in?next=/']) expect(safeReturnPath(bad)).toBe('/');
  });
});

export type DiffLineKind = 'context' | 'added' | 'removed';

export interface DiffLine {
  kind: DiffLineKind;
  oldLine: number | null;
  newLine: number | null;
  text: string;
  /** The line is the last of its file and has no line break after it. */
  noNewline: boolean;
}

export interface DiffHunk {
  header: string;
  section: string;
  lines: DiffLine[];
}

export interface DiffFile {
  path: string;
  oldPath: string | null;
  status: 'added' | 'deleted' | 'renamed' | 'modified';
  binary: boolean;
  hunks: DiffHunk[];
  insertions: number;
  deletions: number;
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/**
 * Reads a unified diff, with or without git's headers. Inside a hunk the counts of its head decide where it
 * ends, so a removed line that itself begins with "--" is never taken for a file header.
 */
export function parseDiff(diff: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | null = null;
  let hunk: DiffHunk | null = null;
  let oldLine = 0;
  let newLine = 0;
  let oldLeft = 0;
  let newLeft = 0;

  const open = (path: string): DiffFile => {
    file = { path, oldPath: null, status: 'modified', binary: false, hunks: [], insertions: 0, deletions: 0 };
    files.push(file);
    hunk = null;
    return file;
  };
  const push = (kind: DiffLineKind, text: string) => {
    const isOld = kind !== 'added';
    const isNew = kind !== 'removed';
    hunk?.lines.push({
      kind,
      oldLine: isOld ? oldLine++ : null,
      newLine: isNew ? newLine++ : null,
      text,
      noNewline: false,
    });
    if (isOld) oldLeft--;
    if (isNew) newLeft--;
  };

  const lines = diff.split('\n').map((raw) => (raw.endsWith('\r') ? raw.slice(0, -1) : raw));
  if (lines.at(-1) === '') lines.pop();

  for (const line of lines) {
    if (file !== null && hunk !== null && (oldLeft > 0 || newLeft > 0)) {
      const current: DiffFile = file;
      const mark = line[0];
      if (mark === '+') {
        push('added', line.slice(1));
        current.insertions++;
        continue;
      }
      if (mark === '-') {
        push('removed', line.slice(1));
        current.deletions++;
        continue;
      }
      if (mark === ' ' || line === '') {
        push('context', line.slice(1));
        continue;
      }
    }
    if (line.startsWith('\\')) {
      const last: DiffLine | undefined = (hunk as DiffHunk | null)?.lines.at(-1);
      if (last) last.noNewline = true;
      continue;
    }
    const head = hunkHead.exec(line);
    if (head && file) {
      oldLine = Number(head[1]);
      oldLeft = Number(head[2] ?? 1);
      newLine = Number(head[3]);
      newLeft = Number(head[4] ?? 1);
      hunk = { header: line.slice(0, line.indexOf('@@', 2) + 2), section: head[5] ?? '', lines: [] };
      (file as DiffFile).hunks.push(hunk);
      continue;
    }
    readHeader(line, file, open);
  }
  return files;
}

function readHeader(line: string, current: DiffFile | null, open: (path: string) => DiffFile): void {
  if (line.startsWith('diff --git ')) {
    const target = / b\/(.+)$/.exec(line) ?? /"b\/(.+)"$/.exec(line);
    open(target?.[1] ?? line.slice(11));
    return;
  }
  if (line.startsWith('--- ')) {
    // Without git's own header line, the pair of paths is what opens a file.
    const path = pathOf(line.slice(4));
    const file = current === null || current.hunks.length > 0 ? open(path ?? '') : current;
    if (path === null) file.status = 'added';
    else if (file.path === '') file.path = path;
    return;
  }
  if (current === null) return;
  if (line.startsWith('+++ ')) {
    const path = pathOf(line.slice(4));
    if (path === null) current.status = 'deleted';
    else current.path = path;
  } else if (line.startsWith('new file mode')) current.status = 'added';
  else if (line.startsWith('deleted file mode')) current.status = 'deleted';
  else if (line.startsWith('rename from ')) {
    current.status = 'renamed';
    current.oldPath = line.slice(12);
  } else if (line.startsWith('rename to ')) current.path = line.slice(10);
  else if (line.startsWith('Binary files ') || line === 'GIT binary patch') current.binary = true;
}

function pathOf(raw: string): string | null {
  const path = raw.split('\t')[0]?.replace(/^"(.*)"$/, '$1') ?? '';
  if (path === '/dev/null') return null;
  return path.replace(/^[ab]\//, '');
}

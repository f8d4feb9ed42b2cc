import { describe, expect, it } from 'vitest';
import { parseDiff } from './diff';

const git = `diff --git a/src/calc.js b/src/calc.js
index 1f2a3b4..5c6d7e8 100644
--- a/src/calc.js
+++ b/src/calc.js
@@ -1,4 +1,4 @@ section
 a
-b
+B
 c
 d
@@ -10,2 +10,3 @@
 x
+y
 z
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
diff --git a/old.txt b/old.txt
deleted file mode 100644
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-bye
diff --git a/a.txt b/b.txt
similarity index 100%
rename from a.txt
rename to b.txt
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
`;

describe('the diff parser', () => {
  it('reads the files of a git diff with what became of them', () => {
    const files = parseDiff(git);
    expect(files.map(({ path, status, insertions, deletions, binary }) => [path, status, insertions, deletions, binary])).toEqual([
      ['src/calc.js', 'modified', 2, 1, false],
      ['new.txt', 'added', 1, 0, false],
      ['old.txt', 'deleted', 0, 1, false],
      ['b.txt', 'renamed', 0, 0, false],
      ['logo.png', 'modified', 0, 0, true],
    ]);
    expect(files[3]?.oldPath).toBe('a.txt');
  });

  it('numbers the lines of both sides', () => {
    const [first] = parseDiff(git);
    expect(first?.hunks[0]?.lines.map((line) => [line.oldLine, line.newLine, line.text])).toEqual([
      [1, 1, 'a'], [2, null, 'b'], [null, 2, 'B'], [3, 3, 'c'], [4, 4, 'd'],
    ]);
    expect(first?.hunks[1]?.lines.map((line) => [line.oldLine, line.newLine])).toEqual([[10, 10], [null, 11], [11, 12]]);
    expect(first?.hunks[0]?.section).toBe('section');
  });

  it('notes a missing line break at the end', () => {
    expect(parseDiff(git)[1]?.hunks[0]?.lines[0]).toMatchObject({ text: 'hello', noNewline: true });
  });

  it('takes a removed line of dashes for a line, not for a header', () => {
    const [file, ...more] = parseDiff('--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old comment\n+-- new comment\n select 1\n');
    expect(more).toHaveLength(0);
    expect(file).toMatchObject({ path: 'q.sql', insertions: 1, deletions: 1 });
    expect(file?.hunks[0]?.lines[0]?.text).toBe('-- old comment');
  });

  it('reads plain diffs of several files without git headers', () => {
    const files = parseDiff('--- a/one\n+++ b/one\n@@ -1 +1 @@\n-x\n+y\n--- a/two\n+++ b/two\n@@ -1 +1 @@\n-x\n+y\n');
    expect(files.map((file) => file.path)).toEqual(['one', 'two']);
  });

  it('survives blank context lines whose space was trimmed, and CRLF', () => {
    const [file] = parseDiff('--- a/f\r\n+++ b/f\r\n@@ -1,3 +1,3 @@\r\n a\r\n\r\n-b\r\n+c\r\n');
    expect(file?.hunks[0]?.lines.map((line) => line.text)).toEqual(['a', '', 'b', 'c']);
  });

  it('finds no files in what is not a diff', () => {
    expect(parseDiff('hello\nworld')).toEqual([]);
    expect(parseDiff('')).toEqual([]);
  });
});

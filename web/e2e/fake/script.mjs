// What happens in a scripted run, as journal events in order. Each entry is [delay in ms, kind, data], or a
// pause at an approval. The same script is played live or all at once.

const failing = `\u001b[31m✖ adds two numbers\u001b[0m (1.21ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

  -1 !== 5

      at TestContext.<anonymous> (file:///workspace/test/calc.test.js:6:10)

\u001b[32m✔ multiplies\u001b[0m (0.09ms)
ℹ tests 2
ℹ pass 1
ℹ fail 1
ℹ duration_ms 48.9
`;
const passing = `\u001b[32m✔ adds two numbers\u001b[0m (0.52ms)
\u001b[32m✔ multiplies\u001b[0m (0.07ms)
ℹ tests 2
ℹ pass 2
ℹ fail 0
ℹ duration_ms 44.2
`;
export const fixDiff = `diff --git a/src/calc.js b/src/calc.js
index 1f2a3b4..5c6d7e8 100644
--- a/src/calc.js
+++ b/src/calc.js
@@ -1,7 +1,7 @@ // A very small calculator.
 // A very small calculator.
 
 export function add(a, b) {
-  return a - b;
+  return a + b;
 }
 
 export function multiply(a, b) {
`;
const source = `// A very small calculator.

export function add(a, b) {
  return a - b;
}

export function multiply(a, b) {
  return a * b;
}
`;

export const answer = `The test passes now. **\`add\`** subtracted its second argument; it adds it again.

- Changed \`src/calc.js\`, one line.
- \`node --test\`: 2 passed, 0 failed.
- Committed as \`9f31c2e4\`.`;

let counter = 0;
const model = 'scripted:repo-engineer';

function turn(text, calls, tokensIn, tokensOut) {
  const step = `model-${++counter}`;
  const started = { step, occurrence: 1, effect: 'model.chat', repeat: 'keyed', key: `${step}:1`, input: { provider: 'scripted', model, messagesCount: 2 * counter, toolsCount: 8 } };
  const output = { text, toolCalls: calls.map(([tool, args], i) => ({ callId: `call_${counter}_${i}`, tool, arguments: args })), finishReason: calls.length ? 'tool_calls' : 'stop', model, isReal: false };
  const pieces = text.match(/\S+\s*/g) ?? [];
  return [
    [30, 'step.started', started],
    ...pieces.map((piece) => [18, 'delta', { step, text: piece }]),
    [120, 'step.completed', { step, occurrence: 1, output, usage: { tokensIn, tokensOut, costMicroUsd: 0 }, durationMs: 120 + pieces.length * 18 }],
  ];
}

let toolCounter = 0;
function tool(name, args, output, durationMs, repeat = 'read', known) {
  const step = known ?? `tool-${++toolCounter}`;
  return [
    [20, 'step.started', { step, occurrence: 1, effect: 'tool.call', repeat, key: `${step}:1`, input: { tool: name, callId: `c_${step}`, arguments: args } }],
    [durationMs, 'step.completed', { step, occurrence: 1, output: { isError: false, truncated: false, ...output }, usage: null, durationMs }],
  ];
}

const shell = (command, exitCode, stdout, ms) =>
  tool('shell', { command }, { text: stdout, isError: exitCode !== 0, data: { command, exitCode, stdout, stderr: '', timedOut: false, durationMs: ms } }, ms, 'unsafe');

/** The repair of the sample repository, up to the approval and after it. */
export function repairScript() {
  counter = 0;
  toolCounter = 0;
  const before = [
    [40, 'run.claimed', { owner: 'local', epoch: 1 }],
    ...turn('I will look at the repository first, then run its tests.', [['list_files', { path: '.' }]], 812, 41),
    ...tool('list_files', { path: '.' }, { text: 'package.json\nsrc/calc.js\ntest/calc.test.js', data: { entries: [
      { path: 'package.json', kind: 'file', sizeBytes: 86 }, { path: 'src', kind: 'directory', sizeBytes: 0 },
      { path: 'src/calc.js', kind: 'file', sizeBytes: 151 }, { path: 'test', kind: 'directory', sizeBytes: 0 },
      { path: 'test/calc.test.js', kind: 'file', sizeBytes: 298 }] } }, 18),
    ...tool('read_file', { path: 'src/calc.js' }, { text: source, data: { path: 'src/calc.js', startLine: 1, lines: 9, totalLines: 9 } }, 9),
    ...tool('search_files', { pattern: 'add\\(', path: '.' }, { text: '2 matches', data: { matches: [
      { path: 'src/calc.js', line: 3, text: 'export function add(a, b) {' }, { path: 'test/calc.test.js', line: 6, text: '  assert.equal(add(2, 3), 5);' }] } }, 12),
    ...turn('', [['shell', { command: 'node --test' }]], 1204, 22),
    ...shell('node --test', 1, failing, 412),
    ...turn('`add` subtracts. I change the operator and run the tests again.', [['edit_file', { path: 'src/calc.js' }]], 1633, 64),
    ...tool('edit_file', { path: 'src/calc.js', find: 'return a - b;', replace: 'return a + b;' }, { text: 'Edited src/calc.js.', data: { path: 'src/calc.js', diff: fixDiff } }, 14, 'transactional'),
    ...shell('node --test', 0, passing, 388),
    ...tool('git_diff', {}, { text: fixDiff, data: { diff: fixDiff, filesChanged: 1, insertions: 1, deletions: 1 } }, 21),
    ...turn('The tests pass. I ask to commit the change.', [['git_commit', { message: 'Fix add: it subtracted its second argument' }]], 2088, 58),
  ];
  const message = 'Fix add: it subtracted its second argument';
  const approval = {
    step: 'tool-8', occurrence: 1, tool: 'git_commit', title: 'Commit 1 changed file to the workspace', arguments: { message },
    argumentsHash: 'sha256:4be1', preview: { kind: 'diff', diff: fixDiff },
  };
  const after = [
    ...tool('git_commit', { message }, { text: '9f31c2e4', data: { commit: '9f31c2e4b1d07a55c0de', message, filesChanged: 1 } }, 61, 'queryable', 'tool-8'),
    ...turn(answer, [], 2301, 92),
    [20, 'run.completed', { output: { text: answer } }],
  ];
  const denied = [
    [5, 'step.failed', { step: 'tool-8', occurrence: 1, fault: { code: 'tools.denied', kind: 'denied', message: 'A person denied this call.' }, durationMs: 0, effect: 'tool.call', input: { tool: 'git_commit', callId: 'c8', arguments: { message } } }],
    ...turn('The commit was denied, so I leave the change uncommitted in the workspace.', [], 2311, 40),
    [20, 'run.completed', { output: { text: 'The change is in the workspace, not committed: the commit was denied.' } }],
  ];
  return { before, approval, after, denied };
}

/** A run of many steps, for the question whether the page stays smooth. */
export function longScript(steps) {
  counter = 0;
  toolCounter = 0;
  const events = [[5, 'run.claimed', { owner: 'local', epoch: 1 }]];
  for (let i = 0; i < steps; i++)
    events.push(...(i % 5 === 0
      ? turn(`Round ${i}: I read the next file and go on.`, [], 900 + i, 20)
      : tool('read_file', { path: `src/module-${i}.js` }, { text: source, data: { path: `src/module-${i}.js`, startLine: 1, lines: 9, totalLines: 9 } }, 4)));
  return [...events.filter(([, kind]) => kind !== 'delta'), [5, 'run.completed', { output: { text: `Read ${steps} files.` } }]];
}

export function doubtScript() {
  const { before } = repairScript();
  const started = { step: 'tool-9', occurrence: 1, effect: 'tool.call', repeat: 'unsafe', key: 'tool-9:1', input: { tool: 'shell', callId: 'c9', arguments: { command: 'npm publish' } } };
  return [
    ...before.filter(([, kind]) => kind !== 'delta').slice(0, 9),
    [20, 'step.started', started],
    [20, 'run.claimed', { owner: 'local', epoch: 2 }],
    [20, 'step.in_doubt', { step: 'tool-9', occurrence: 1, key: 'tool-9:1', effect: 'tool.call', reason: 'The server stopped while this command ran, and the command is not safe to repeat.' }],
  ];
}

export function failedScript() {
  const { before } = repairScript();
  const fault = { code: 'inference.unreachable', kind: 'unavailable', message: 'The model endpoint at http://127.0.0.1:11434 does not answer. Check that it runs, then start the run again.' };
  return [
    ...before.filter(([, kind]) => kind !== 'delta').slice(0, 11),
    [20, 'step.started', { step: 'model-9', occurrence: 1, effect: 'model.chat', repeat: 'keyed', key: 'model-9:1', input: { provider: 'openai', model: 'openai:local', messagesCount: 6, toolsCount: 8 } }],
    [900, 'step.failed', { step: 'model-9', occurrence: 1, fault, durationMs: 30_012 }],
    [10, 'run.failed', { fault }],
  ];
}

/** A run that somebody steered and paused, and that a signal has reached. */
export function controlScript() {
  counter = 0;
  toolCounter = 0;
  return [
    [40, 'run.claimed', { owner: 'local', epoch: 1 }],
    ...turn('I read the change log first.', [['read_file', { path: 'CHANGES.md' }]], 640, 12),
    ...tool('read_file', { path: 'CHANGES.md' }, { text: source, data: { path: 'CHANGES.md', startLine: 1, lines: 9, totalLines: 9 } }, 9),
    [900, 'run.steered', { by: 'Ada Example', message: 'Leave the entries of last year as they are.\nThey were translated already.' }],
    [20, 'signal.awaited', { wait: 'w1', signal: 'translation.done', dueAt: null }],
    [5_000, 'signal.received', { signal: 'translation.done', payload: { files: 3 }, by: 'Build server', key: 'b-1' }],
    [20, 'signal.delivered', { wait: 'w1', signal: 'translation.done', payload: { files: 3 } }],
    ...turn('Three files are translated. I go through them one by one.', [], 810, 19),
    [400, 'run.paused', { by: 'Ada Example', reason: 'The release is being cut.' }],
  ];
}

/** A run that was rolled back past an edit and a command, and waits to go on. */
export function rolledBackScript() {
  counter = 0;
  toolCounter = 0;
  return [
    [40, 'run.claimed', { owner: 'local', epoch: 1 }],
    ...turn('I look at the file, then I rename it.', [['read_file', { path: 'src/calc.js' }]], 640, 12),
    ...tool('read_file', { path: 'src/calc.js' }, { text: source, data: { path: 'src/calc.js', startLine: 1, lines: 9, totalLines: 9 } }, 9),
    ...tool('edit_file', { path: 'src/calc.js' }, { text: 'Edited src/calc.js.', data: { path: 'src/calc.js', diff: fixDiff } }, 14, 'transactional'),
    ...shell('node --test', 1, failing, 388),
    [4_000, 'run.rollback_requested', { toSeq: 5, by: 'Ada Example', note: 'it changed the wrong file', leaveIrreversible: true, goOn: false }],
    [30, 'step.started', { step: 'undo.tool-2.1', occurrence: 1, effect: 'tool.call', repeat: 'transactional', key: 'undo:1', input: { tool: 'edit_file', callId: 'u1', arguments: { path: 'src/calc.js' } } }],
    [60, 'step.completed', { step: 'undo.tool-2.1', occurrence: 1, output: { text: 'Restored src/calc.js.', isError: false, truncated: false, data: null }, usage: null, durationMs: 12 }],
    [10, 'run.rolled_back', { toSeq: 5, by: 'Ada Example' }],
    [0, 'run.paused', { by: 'Ada Example', reason: 'Rolled back.' }],
  ];
}

/** A run that tells how far it is. */
export function progressScript() {
  const started = { step: 'import', occurrence: 1, effect: 'tool.call', repeat: 'keyed', key: 'import:1', input: { tool: 'import_files', callId: 'i1', arguments: { path: 'docs' } } };
  return [
    [40, 'run.claimed', { owner: 'local', epoch: 1 }],
    [20, 'step.started', started],
    [1_000, 'step.progressed', { step: 'import', occurrence: 1, progress: { done: 412, total: 980, unit: 'files', text: 'Reading docs/how-to/backup.md' } }],
  ];
}

/** A run with a step that waits for another run. */
export function childScript(child) {
  return [
    [40, 'run.claimed', { owner: 'local', epoch: 1 }],
    [20, 'step.started', { step: 'child-1', occurrence: 1, effect: 'run.child', repeat: 'keyed', key: 'child-1:1', input: { kind: 'agent', subject: 'repo-engineer', subjectVersion: 2, title: 'import the documents' } }],
    [20, 'step.parked', { step: 'child-1', occurrence: 1, child }],
  ];
}

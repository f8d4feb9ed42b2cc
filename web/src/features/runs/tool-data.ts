import type { ModelInput, ModelOutput, ToolInput, ToolOutput } from '@/api/run-events';
import { asNumber, asText, isRecord } from '@/lib/json';

// The journal's inputs and outputs are open JSON: a tool may come from anywhere, and a newer server may add
// to it. Each reader below takes what it knows, and says null when the shape is not its own.

export function readToolInput(input: unknown): ToolInput | null {
  if (!isRecord(input)) return null;
  const tool = asText(input.tool);
  return tool === null ? null : { tool, callId: asText(input.callId) ?? '', arguments: input.arguments };
}

export function readToolOutput(output: unknown): ToolOutput | null {
  if (!isRecord(output)) return null;
  return {
    text: asText(output.text) ?? '',
    isError: output.isError === true,
    truncated: output.truncated === true,
    data: output.data,
  };
}

export function readModelInput(input: unknown): ModelInput | null {
  if (!isRecord(input)) return null;
  return {
    provider: asText(input.provider) ?? '',
    model: asText(input.model) ?? '',
    messagesCount: asNumber(input.messagesCount) ?? 0,
    toolsCount: asNumber(input.toolsCount) ?? 0,
  };
}

export function readModelOutput(output: unknown): ModelOutput | null {
  if (!isRecord(output)) return null;
  const calls = Array.isArray(output.toolCalls) ? output.toolCalls.filter(isRecord) : [];
  return {
    text: asText(output.text) ?? '',
    toolCalls: calls.map((call) => ({
      callId: asText(call.callId) ?? '',
      tool: asText(call.tool) ?? 'tool',
      arguments: call.arguments,
    })),
    finishReason: asText(output.finishReason) ?? '',
    model: asText(output.model) ?? '',
    isReal: output.isReal !== false,
    cached: isRecord(output.cached)
      ? { run: asText(output.cached.run) ?? '', similarity: asNumber(output.cached.similarity) ?? 0 }
      : null,
  };
}

export type ToolView =
  | { kind: 'shell'; command: string; exitCode: number | null; stdout: string; stderr: string; timedOut: boolean }
  | { kind: 'diff'; diff: string }
  | { kind: 'files'; entries: { path: string; isDirectory: boolean; sizeBytes: number | null }[] }
  | { kind: 'file'; path: string; startLine: number; text: string; totalLines: number | null }
  | { kind: 'matches'; matches: { path: string; line: number; text: string }[] }
  | { kind: 'commit'; commit: string; message: string; filesChanged: number | null }
  | { kind: 'text'; text: string };

/** Chooses how to show an output, by the shape of its data rather than by the name of the tool. */
export function toolView(output: ToolOutput): ToolView {
  const { data, text } = output;
  if (!isRecord(data)) return { kind: 'text', text };
  const command = asText(data.command);
  if (command !== null)
    return {
      kind: 'shell', command,
      exitCode: asNumber(data.exitCode),
      stdout: asText(data.stdout) ?? '',
      stderr: asText(data.stderr) ?? '',
      timedOut: data.timedOut === true,
    };
  const diff = asText(data.diff);
  if (diff !== null) return { kind: 'diff', diff };
  const commit = asText(data.commit);
  if (commit !== null)
    return { kind: 'commit', commit, message: asText(data.message) ?? '', filesChanged: asNumber(data.filesChanged) };
  if (Array.isArray(data.entries)) return { kind: 'files', entries: data.entries.filter(isRecord).map(readEntry) };
  if (Array.isArray(data.matches))
    return {
      kind: 'matches',
      matches: data.matches.filter(isRecord).map((match) => ({
        path: asText(match.path) ?? '', line: asNumber(match.line) ?? 0, text: asText(match.text) ?? '',
      })),
    };
  const path = asText(data.path);
  if (path !== null && 'startLine' in data)
    return { kind: 'file', path, startLine: asNumber(data.startLine) ?? 1, text, totalLines: asNumber(data.totalLines) };
  return { kind: 'text', text };
}

const readEntry = (entry: Record<string, unknown>) => ({
  path: asText(entry.path) ?? '',
  isDirectory: entry.kind === 'directory',
  sizeBytes: asNumber(entry.sizeBytes),
});

/** The one argument that says what a call is about, for the step's single line. */
export function argumentSummary(args: unknown): string {
  if (!isRecord(args)) return args === undefined || args === null ? '' : JSON.stringify(args);
  for (const name of ['command', 'code', 'path', 'pattern', 'query', 'message', 'url']) {
    const value = asText(args[name]);
    if (value !== null) return value.split('\n')[0] ?? '';
  }
  const pairs = Object.entries(args).map(([name, value]) => `${name}: ${asText(value) ?? JSON.stringify(value)}`);
  return pairs.join(', ').slice(0, 200);
}

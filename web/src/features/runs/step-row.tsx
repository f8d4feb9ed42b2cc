'use client';

import {
  Ban, ChevronRight, CircleHelp, CircleX, FilePen, FileSearch, FolderTree, GitBranch, Hourglass, LoaderCircle, Network,
  Sparkles, SquareTerminal, Undo2, Wrench, type LucideIcon,
} from 'lucide-react';
import { memo, useId, useState } from 'react';
import { cx } from '@/lib/cx';
import { formatClock, formatCost, formatCount, formatDuration, formatTokens } from '@/lib/format';
import { asText, isRecord, prettyJson } from '@/lib/json';
import { Code, Terminal } from '@/ui/code';
import { Markdown } from '@/ui/markdown';
import { percent, ProgressBar } from '@/ui/progress';
import { Tag } from '@/ui/status';
import { Elapsed } from '@/ui/time';
import { DoubtCard } from './doubt-card';
import { RunLink } from './run-origin';
import type { StepItem } from './timeline-model';
import { argumentSummary, readModelInput, readModelOutput, readToolInput, readToolOutput, toolView } from './tool-data';
import { Arguments, ToolOutputView } from './tool-output';

export interface TimeSpan {
  from: number;
  to: number;
}

interface StepRowProps {
  runId: string;
  item: StepItem;
  streaming: string | undefined;
  span: TimeSpan;
  /** Whether the run has ended; then nothing of it can be decided any more. */
  isOver: boolean;
  /** Looks at the run as it was after an event. */
  onState: (seq: number) => void;
}

/** One step: a line that says what happened, and below it what came of it. */
export const StepRow = memo(function StepRow({ runId, item, streaming, span, isOver, onState }: StepRowProps) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const bodyId = useId();
  const open = chosen ?? opensByItself(item);
  const line = describe(item);
  return (
    <div data-testid={`step-${item.step}`} data-state={item.state} data-occurrence={item.occurrence}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? bodyId : undefined}
        onClick={() => setChosen(!open)}
        className="group flex min-h-9 w-full items-center gap-2.5 px-4 text-left hover:bg-hover coarse:min-h-11"
      >
        <StepIcon item={item} icon={line.icon} />
        <span className={cx('num shrink-0 text-12 font-medium', item.voided && 'line-through')}>{line.name}</span>
        <span className={cx('num min-w-0 flex-1 truncate text-12 text-muted', item.voided && 'line-through')}>{line.summary}</span>
        {item.voided && <span className="sr-only">, {item.voided.how === 'rollback' ? 'rolled back' : 'tried again since'}</span>}
        {item.attempts > 1 && <Tag tone="warn">attempt {item.attempts}</Tag>}
        {line.warning && <Tag tone="warn">{line.warning}</Tag>}
        <Waterfall item={item} span={span} />
        <span className="num w-16 shrink-0 text-right text-12 text-faint">
          {item.durationMs === null ? (
            <Elapsed from={item.startedAt} to={item.endedAt} />
          ) : (
            formatDuration(item.durationMs)
          )}
        </span>
        <ChevronRight
          aria-hidden
          size={14}
          className={cx('shrink-0 text-faint transition-transform duration-150', open && 'rotate-90')}
        />
      </button>
      {open && (
        <div id={bodyId} className="space-y-2.5 px-4 pt-1 pb-4 md:pl-[42px]">
          {item.progress && <StepProgress item={item} name={line.name} />}
          {item.child !== null && <p className="text-muted">{item.state === 'parked' ? 'Waits for' : 'Waited for'} <RunLink id={item.child} /></p>}
          <StepBody item={item} streaming={streaming} />
          {item.state === 'inDoubt' && item.voided === null && !isOver && <DoubtCard runId={runId} item={item} />}
          {item.state === 'inDoubt' && isOver && <p className="text-warn">{item.doubt}</p>}
          <Details item={item} onState={onState} />
        </div>
      )}
    </div>
  );
});

/** What a reader came to see is open: words, commands, changes and trouble. Reading and listing stays one line. */
function opensByItself(item: StepItem): boolean {
  if (item.voided !== null) return false;
  if (item.state !== 'completed' || item.resolution) return true; // what a person decided stays in sight
  if (item.effect === 'model.chat') return (readModelOutput(item.output)?.text ?? '') !== '';
  const output = readToolOutput(item.output);
  if (output === null) return false;
  const kind = toolView(output).kind;
  return output.isError || kind === 'shell' || kind === 'diff' || kind === 'commit';
}

const undoPrefix = 'undo.'; // what the names of steps that undo others begin with

interface Line {
  icon: LucideIcon;
  name: string;
  summary: string;
  warning?: string;
}

function describe(item: StepItem): Line {
  if (item.effect === 'model.chat') {
    const input = readModelInput(item.input);
    const output = readModelOutput(item.output);
    const calls = output?.toolCalls.map((call) => call.tool).join(', ');
    const model = output?.model || input?.model || '';
    return { icon: Sparkles, name: 'model', summary: calls ? `${model} → ${calls}` : output?.cached ? `${model} (cached, not asked)` : model };
  }
  if (item.effect === 'run.child') {
    const title = isRecord(item.input) ? asText(item.input.title) : null;
    return { icon: Network, name: 'run', summary: title ?? item.step };
  }
  if (item.step.startsWith(undoPrefix))
    return { icon: Undo2, name: 'undo', summary: item.step.slice(undoPrefix.length) };
  const input = readToolInput(item.input);
  const output = readToolOutput(item.output);
  const tool = input?.tool ?? item.step;
  return {
    icon: toolIcon(tool),
    name: tool,
    summary: argumentSummary(input?.arguments),
    warning: output?.isError ? 'error' : undefined,
  };
}

function toolIcon(tool: string): LucideIcon {
  if (['shell', 'python', 'node'].includes(tool)) return SquareTerminal;
  if (tool.startsWith('git_')) return GitBranch;
  if (tool.startsWith('list_')) return FolderTree;
  if (tool.startsWith('read_') || tool.startsWith('search_')) return FileSearch;
  if (tool.startsWith('edit_') || tool.startsWith('write_')) return FilePen;
  return Wrench;
}

const stateWords = { running: 'running', parked: 'waiting', completed: 'completed', failed: 'failed', inDoubt: 'in doubt', stopped: 'stopped' };

function StepIcon({ item, icon: Icon }: { item: StepItem; icon: LucideIcon }) {
  const word = <span className="sr-only">{stateWords[item.state]}: </span>;
  if (item.state === 'running')
    return <>{word}<LoaderCircle aria-hidden size={15} className="shrink-0 animate-spin text-run" /></>;
  if (item.state === 'parked') return <>{word}<Hourglass aria-hidden size={15} className="shrink-0 text-warn" /></>;
  if (item.state === 'failed') return <>{word}<CircleX aria-hidden size={15} className="shrink-0 text-bad" /></>;
  if (item.state === 'inDoubt') return <>{word}<CircleHelp aria-hidden size={15} className="shrink-0 text-warn" /></>;
  if (item.state === 'stopped') return <>{word}<Ban aria-hidden size={15} className="shrink-0 text-faint" /></>;
  return <>{word}<Icon aria-hidden size={15} className={cx('shrink-0', item.effect === 'model.chat' ? 'text-accent' : 'text-muted')} /></>;
}

/** Where in the run's time this step lies. Drawn with attributes: the page allows no inline style. */
function Waterfall({ item, span }: { item: StepItem; span: TimeSpan }) {
  const total = Math.max(span.to - span.from, 1);
  const end = item.endedAt === null ? span.to : Date.parse(item.endedAt);
  const start = item.durationMs === null ? Date.parse(item.startedAt) : end - item.durationMs;
  const x = Math.min(990, Math.max(0, ((start - span.from) / total) * 1000));
  const width = Math.min(1000 - x, Math.max(8, ((end - start) / total) * 1000));
  const fill =
    item.state === 'failed' ? 'fill-bad' : item.state === 'inDoubt' ? 'fill-warn'
    : item.effect === 'model.chat' ? 'fill-accent' : 'fill-run';
  return (
    <svg aria-hidden viewBox="0 0 1000 6" preserveAspectRatio="none" className="hidden h-1.5 w-36 shrink-0 lg:block">
      <rect y="2.5" width="1000" height="1" className="fill-line" />
      <rect x={x} width={width} height="6" className={fill} />
    </svg>
  );
}

function StepProgress({ item, name }: { item: StepItem; name: string }) {
  if (item.progress === null) return null;
  const { done, total, unit, text } = item.progress;
  const share = total === null || total <= 0 ? null : Math.min(1, done / total);
  return (
    <div className="max-w-[76ch]" data-testid="step-progress">
      <p className="mb-1 flex gap-3 text-12 text-muted">
        <span className="min-w-0 flex-1 truncate">{text ?? 'Under way'}</span>
        <span className="num shrink-0">
          {formatCount(done)}{total !== null && ` of ${formatCount(total)}`} {unit}{share !== null && ` · ${percent(share)}`}
        </span>
      </p>
      <ProgressBar share={share} label={`Progress of ${name}`} className="w-full" />
    </div>
  );
}

function StepBody({ item, streaming }: { item: StepItem; streaming: string | undefined }) {
  if (item.fault) return <FaultLine code={item.fault.code} message={item.fault.message} />;
  if (item.effect === 'model.chat') {
    const output = readModelOutput(item.output);
    if (output?.text) return <Markdown text={output.text} />;
    if (streaming)
      return (
        <p className="max-w-[76ch] wrap-anywhere whitespace-pre-wrap">
          {streaming}
          <span aria-hidden className="ml-0.5 inline-block h-3.5 w-1.5 translate-y-0.5 animate-pulse-soft bg-run" />
        </p>
      );
    if (item.state === 'running') return <p className="text-faint">Waiting for the model…</p>;
    if (output === null) return <p className="text-faint">Stopped before the model answered.</p>;
    return output.toolCalls.length > 0 ? null : <p className="text-faint">The model said nothing.</p>;
  }
  if (item.effect === 'run.child') return item.output === null ? null : <Arguments value={item.output} />;
  const output = readToolOutput(item.output);
  if (output) return <ToolOutputView output={output} />;
  const args = readToolInput(item.input)?.arguments ?? null;
  const command = isRecord(args) ? asText(args.command) : null;
  if (command !== null && item.state === 'running') return <Terminal command={command} stdout="" stderr="" exitCode={null} />;
  return <Arguments value={args} />;
}

function FaultLine({ code, message }: { code: string; message: string }) {
  return (
    <div className="rounded-sm border border-bad/45 bg-well px-3 py-2">
      <p className="wrap-anywhere">{message}</p>
      <p className="num text-11 text-faint">{code}</p>
    </div>
  );
}

const resolutions = { retry: 'done again', failed: 'marked failed', tookPlace: 'said to have taken place', compensate: 'undone' };

function Details({ item, onState }: { item: StepItem; onState: (seq: number) => void }) {
  const [open, setOpen] = useState(false);
  const { usage } = item;
  const cached = item.effect === 'model.chat' ? readModelOutput(item.output)?.cached : null;
  const facts = [
    `started ${formatClock(item.startedAt)}`,
    item.durationMs !== null && `took ${formatDuration(item.durationMs)}`,
    usage && `${formatTokens(usage.tokensIn)} tokens in, ${formatTokens(usage.tokensOut)} out`,
    usage && formatCost(usage.costMicroUsd),
    cached && `cached, as ${cached.run} was answered (similarity ${cached.similarity.toFixed(3)})`,
    item.resolution && `${resolutions[item.resolution.outcome]} by ${item.resolution.by}`,
  ].filter(Boolean);
  return (
    <div>
      <div className="num -ml-1.5 flex flex-wrap items-center text-11 text-faint">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="min-h-6 rounded-sm px-1.5 text-left hover:text-fg coarse:min-h-11"
        >
          <span className="underline decoration-line-strong underline-offset-3">{open ? 'Hide details' : 'Details'}</span>
          {' · '}
          {facts.join(' · ')}
        </button>
        {item.endSeq !== null && (
          <button
            type="button"
            onClick={() => onState(item.endSeq ?? item.seq)}
            className="min-h-6 rounded-sm px-1.5 underline decoration-line-strong underline-offset-3 hover:text-fg coarse:min-h-11"
          >
            State after this
          </button>
        )}
      </div>
      {open && (
        <div className="mt-2 grid gap-2 xl:grid-cols-2">
          <Code text={prettyJson(item.input)} label="Input" caption="Input" copy />
          <Code text={prettyJson(item.fault ?? item.output)} label="Output" caption={item.fault ? 'Fault' : 'Output'} copy />
          <p className="num text-11 text-faint wrap-anywhere xl:col-span-2">
            step {item.step} · occurrence {item.occurrence} · repeat {item.repeat} · key {item.idempotencyKey}
          </p>
        </div>
      )}
    </div>
  );
}

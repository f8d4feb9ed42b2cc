'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { apiUrl, segment } from '@/api/client';
import type { ApiError } from '@/api/errors';
import { followStream, type StreamMessage, type StreamState } from '@/api/event-stream';
import type { RunEvent, TextDelta } from '@/api/run-events';
import { session } from '@/api/session';
import { dropDeltas, foldDeltas, foldEvents } from './timeline';
import { emptyTimeline, type Timeline } from './timeline-model';

export interface RunFeed {
  timeline: Timeline;
  connection: StreamState;
  error: ApiError | null;
}

const batchMs = 40; // one paint for a burst: a replay of thousands of events is a few dozen renders

/** Follows one run's journal. Created per mount; `start` returns what stops it. */
function createRunFeed(runId: string) {
  let state: RunFeed = { timeline: emptyTimeline, connection: 'connecting', error: null };
  let events: RunEvent[] = [];
  let deltas: TextDelta[] = [];
  let complete = false; // the newest event is an end; a retry or a rollback may make more come
  let stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();

  const set = (change: Partial<RunFeed>) => {
    state = { ...state, ...change };
    listeners.forEach((listener) => listener());
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    // Deltas first: the event that completes a step also takes its streamed text away.
    const timeline = foldEvents(foldDeltas(state.timeline, deltas), events);
    events = [];
    deltas = [];
    if (timeline !== state.timeline) set({ timeline });
  };
  const receive = (message: StreamMessage) => {
    const data: unknown = JSON.parse(message.data);
    if (message.event === 'delta') deltas.push(data as TextDelta);
    else {
      const event = data as RunEvent;
      events.push(event);
      complete = event.kind === 'run.completed' || event.kind === 'run.failed' || event.kind === 'run.cancelled';
    }
    timer ??= setTimeout(flush, batchMs);
  };

  const follow = () => {
    stop.abort();
    stop = new AbortController();
    complete = false;
    void followStream({
      url: apiUrl(`/runs/${segment(runId)}/events`),
      token: session.token,
      refresh: session.refresh,
      lastEventId: state.timeline.lastSeq >= 0 ? String(state.timeline.lastSeq) : null,
      onMessage: receive,
      onState: (connection, error) => {
        flush();
        const timeline = connection === 'reconnecting' ? dropDeltas(state.timeline) : state.timeline;
        set({ connection, error: error ?? null, timeline });
      },
      isComplete: () => complete,
      signal: stop.signal,
    });
  };

  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read: () => state,
    start: () => {
      follow();
      return () => {
        stop.abort();
        flush();
      };
    },
    /** Follows again when a run that had ended has gone on. */
    catchUp: (headSeq: number) => {
      if (state.connection === 'ended' && headSeq > state.timeline.lastSeq) follow();
    },
  };
}

export function useRunFeed(runId: string, headSeq: number): RunFeed {
  const [feed] = useState(() => createRunFeed(runId)); // the caller is keyed by the run
  const state = useSyncExternalStore(feed.subscribe, feed.read, feed.read);
  const { connection } = state;
  useEffect(() => feed.start(), [feed]);
  useEffect(() => feed.catchUp(headSeq), [feed, headSeq, connection]);
  return state;
}

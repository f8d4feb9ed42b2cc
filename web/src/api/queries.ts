import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import * as calls from './calls';
import type { RunStatus } from './types';

// What more than one screen reads, with its key and its freshness in one place.

const openStatuses: readonly RunStatus[] = ['queued', 'running', 'paused', 'waiting', 'inDoubt'];
export const isOpen = (status: RunStatus) => openStatuses.includes(status);

const anyOpen = (runs: { status: RunStatus }[]) => runs.some((run) => isOpen(run.status));
const liveMs = 2_000; // while a listed run is moving
const endedMs = 30_000;
const idleMs = 10_000; // a run may be started from a terminal at any time

export const keys = {
  me: ['me'] as const,
  secondFactor: ['second-factor'] as const,
  passkeys: ['passkeys'] as const,
  applications: ['applications'] as const,
  agents: ['agents'] as const,
  runs: ['runs'] as const,
  run: (id: string) => ['runs', 'one', id] as const,
  approvals: ['approvals'] as const,
};

export const meQuery = () =>
  queryOptions({ queryKey: keys.me, queryFn: ({ signal }) => calls.getMe(signal), staleTime: 300_000 });

/** What the caller may do with one thing, as kind:name. */
export const ownAccessQuery = (resource: string) =>
  queryOptions({
    queryKey: [...keys.me, 'on', resource],
    queryFn: ({ signal }) => calls.getOwnAccess(resource, signal),
    staleTime: 60_000,
  });

export const secondFactorQuery = () =>
  queryOptions({ queryKey: keys.secondFactor, queryFn: ({ signal }) => calls.getSecondFactor(signal), staleTime: 60_000 });

export const passkeysQuery = () =>
  queryOptions({
    queryKey: keys.passkeys,
    queryFn: async ({ signal }) => (await calls.listPasskeys(signal)).items,
    staleTime: 60_000,
  });

export const applicationsQuery = () =>
  queryOptions({
    queryKey: keys.applications,
    queryFn: async ({ signal }) => (await calls.listApplications(signal)).items,
    staleTime: 15_000,
  });

export const setupQuery = () =>
  queryOptions({ queryKey: ['setup'], queryFn: ({ signal }) => calls.getSetup(signal), staleTime: 0, gcTime: 0 });

export const agentsQuery = () =>
  queryOptions({
    queryKey: keys.agents,
    queryFn: async ({ signal }) => (await calls.listAgents(signal)).items,
    staleTime: 15_000,
  });

export const agentQuery = (agent: string) =>
  queryOptions({
    queryKey: [...keys.agents, agent],
    queryFn: ({ signal }) => calls.getAgent(agent, signal),
    staleTime: 15_000,
  });

export const agentVersionsQuery = (agent: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.agents, agent, 'versions'],
    queryFn: ({ signal, pageParam }) => calls.listAgentVersions(agent, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 15_000,
  });

export const recentRunsQuery = (limit: number) =>
  queryOptions({
    queryKey: [...keys.runs, 'recent', limit],
    queryFn: async ({ signal }) => (await calls.listRuns({}, limit, null, signal)).items,
    refetchInterval: ({ state }) => (anyOpen(state.data ?? []) ? liveMs : idleMs),
  });

export const runsQuery = (filter: calls.RunFilter, cursor: string | null) =>
  queryOptions({
    queryKey: [...keys.runs, 'list', filter, cursor],
    queryFn: ({ signal }) => calls.listRuns(filter, 25, cursor, signal),
    placeholderData: (previous) => previous,
    refetchInterval: ({ state }) => (anyOpen(state.data?.items ?? []) ? liveMs : idleMs),
  });

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: keys.run(id),
    queryFn: ({ signal }) => calls.getRun(id, signal),
    staleTime: 0,
    // An open run is told by its journal; one that ended may be tried again by somebody else.
    refetchInterval: ({ state }) => (state.data && !isOpen(state.data.status) ? endedMs : false),
  });

export const checkpointsQuery = (id: string, headSeq: number) =>
  infiniteQueryOptions({
    queryKey: [...keys.run(id), 'checkpoints', headSeq],
    queryFn: ({ signal, pageParam }) => calls.listCheckpoints(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (previous) => previous,
  });

/** A state of the past never changes, except for whether it still counts. */
export const runStateQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: [...keys.run(id), 'state', seq],
    queryFn: ({ signal }) => calls.getRunState(id, seq, signal),
    placeholderData: (previous) => previous,
    staleTime: 60_000,
  });

export const rollbackPlanQuery = (id: string, toSeq: number) =>
  queryOptions({
    queryKey: [...keys.run(id), 'rollback', toSeq],
    queryFn: ({ signal }) => calls.planRollback(id, toSeq, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

export const approvalsQuery = () =>
  queryOptions({
    queryKey: keys.approvals,
    queryFn: ({ signal }) => calls.listPendingApprovals(null, signal),
    refetchInterval: 5_000,
  });

export const samplesQuery = () =>
  queryOptions({
    queryKey: ['samples'],
    queryFn: async ({ signal }) => (await calls.listSamples(signal)).items,
    staleTime: 300_000,
  });

export const toolsQuery = () =>
  queryOptions({
    queryKey: ['tools'],
    queryFn: async ({ signal }) => (await calls.listTools(signal)).items,
    staleTime: 300_000,
  });

export const systemQuery = () =>
  queryOptions({ queryKey: ['system'], queryFn: ({ signal }) => calls.getSystem(signal), staleTime: 60_000 });

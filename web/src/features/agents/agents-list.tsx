'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { agentsQuery } from '@/api/queries';
import { plural } from '@/lib/format';
import { Link, useUrlState } from '@/lib/nav';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { PageHead, Panel } from '@/ui/panel';
import { Ago } from '@/ui/time';
import { NewAgent } from './new-agent';

export function AgentsList() {
  const url = useUrlState();
  const agents = useQuery(agentsQuery());
  const mayWrite = useCan('agents:write');
  if (mayWrite && url.get('new') !== null) return <NewAgent onClose={() => url.set({ new: null })} />;
  return (
    <>
      <PageHead
        title="Agents"
        lead="Each agent is a YAML definition. Saving one makes a new version; old versions never change."
        actions={mayWrite && <Button tone="primary" onClick={() => url.set({ new: '1' }, 'push')}>New agent</Button>}
      />
      {agents.error && !agents.data ? (
        <Notice tone="bad" title={messageOf(agents.error)} actions={<Button onClick={() => void agents.refetch()}>Try again</Button>} />
      ) : (
        <Panel>
          {agents.isPending && <SkeletonRows rows={4} label="Loading agents" />}
          {agents.data?.length === 0 && (
            <Empty title="No agents yet">
              <p>Write a definition and apply it from a terminal:</p>
              <Code className="mt-3 text-left" text="codexos apply -f agent.yaml" label="Command" copy />
            </Empty>
          )}
          <ul className="divide-y">
            {agents.data?.map((agent) => (
              <li key={agent.id}>
                <Link href={`/agents/${agent.name}`} className="flex min-h-14 items-center gap-4 px-4 py-2.5 hover:bg-hover">
                  <span className="min-w-0 flex-1">
                    <span className="flex items-baseline gap-2">
                      <span className="truncate font-medium">{agent.title || agent.name}</span>
                      <span className="num shrink-0 text-11 text-faint">{agent.name} v{agent.version}</span>
                    </span>
                    <span className="line-clamp-2 text-muted">{agent.description}</span>
                    <span className="num mt-0.5 block truncate text-11 text-faint">
                      {agent.model} · {plural(agent.tools.length, 'tool')}
                    </span>
                  </span>
                  <span className="text-12 text-faint max-sm:hidden"><Ago at={agent.updatedAt} /></span>
                  <ChevronRight aria-hidden size={15} className="shrink-0 text-faint" />
                </Link>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

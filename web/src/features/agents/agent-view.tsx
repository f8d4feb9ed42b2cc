'use client';

import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ApiError, messageOf } from '@/api/errors';
import { agentQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { formatCost, formatDuration, formatTokens } from '@/lib/format';
import { Link } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { Button, buttonClass } from '@/ui/button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Figures, PageHead, Panel } from '@/ui/panel';
import { Tabs } from '@/ui/tabs';
import { DefinitionEditor } from './definition-editor';
import { ToolsTable } from './tools-table';
import { VersionsList } from './versions-list';

interface AgentViewProps {
  name: string;
  /** The box that starts a run is another feature's; the page passes it in. */
  renderRunBox: (agent: string) => ReactNode;
}

export function AgentView({ name, renderRunBox }: AgentViewProps) {
  const agent = useQuery(agentQuery(name));
  if (agent.data) return <Loaded agent={agent.data} runBox={renderRunBox(agent.data.name)} />;
  if (agent.error) {
    const isMissing = agent.error instanceof ApiError && agent.error.status === 404;
    return (
      <>
        <PageHead title={isMissing ? 'No such agent' : 'This agent cannot be shown'} />
        <Notice
          tone="bad"
          title={messageOf(agent.error)}
          code={agent.error instanceof ApiError ? agent.error.code : null}
          actions={
            <>
              {!isMissing && <Button onClick={() => void agent.refetch()}>Try again</Button>}
              <Link href="/agents" className={buttonClass()}>All agents</Link>
            </>
          }
        />
      </>
    );
  }
  return (
    <>
      <PageHead title={name} />
      <Panel><SkeletonRows rows={6} label="Loading the agent" /></Panel>
    </>
  );
}

function Loaded({ agent, runBox }: { agent: Agent; runBox: ReactNode }) {
  const [tab, setTab] = useState('definition');
  const { limits } = agent;
  useTitle(agent.title || agent.name);
  return (
    <>
      <PageHead
        title={agent.title || agent.name}
        lead={
          <>
            <p>{agent.description}</p>
            <p className="num mt-0.5 text-12 text-faint">{agent.name} v{agent.version}</p>
          </>
        }
        actions={<Link href={`/runs?agent=${encodeURIComponent(agent.name)}`} className={buttonClass()}>Its runs</Link>}
      />
      <div className="space-y-4">
        {runBox}
        <Figures
          items={[
            { label: 'Model', wide: true, value: <span className="text-13">{agent.model}</span> },
            { label: 'Steps at most', value: limits.stepsMax },
            { label: 'Time at most', value: formatDuration(limits.wallTimeMaxSeconds * 1000) },
            { label: 'Tokens at most', value: formatTokens(limits.tokensMax) },
            { label: 'Cost at most', value: formatCost(limits.costMaxMicroUsd) },
          ]}
        />
        <Tabs
          label="Parts of this agent"
          value={tab}
          onChange={setTab}
          tabs={[
            { value: 'definition', label: 'Definition', content: <DefinitionEditor agent={agent} /> },
            { value: 'tools', label: 'Tools', content: <ToolsTable agent={agent} /> },
            { value: 'versions', label: 'Versions', content: <VersionsList agent={agent} /> },
          ]}
        />
      </div>
    </>
  );
}

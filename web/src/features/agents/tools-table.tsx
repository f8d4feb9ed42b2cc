'use client';

import { useQuery } from '@tanstack/react-query';
import { Eye, PenLine, ShieldAlert } from 'lucide-react';
import { useMemo } from 'react';
import { toolsQuery } from '@/api/queries';
import type { Agent, ToolInfo } from '@/api/types';
import { Empty } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { toolPolicies } from './tool-policies';

const effects: Record<ToolInfo['effect'], { icon: typeof Eye; text: string }> = {
  read: { icon: Eye, text: 'reads' },
  reversible: { icon: PenLine, text: 'changes, can be undone' },
  irreversible: { icon: ShieldAlert, text: 'cannot be undone' },
};

export function ToolsTable({ agent }: { agent: Agent }) {
  const tools = useQuery(toolsQuery());
  const policies = useMemo(() => toolPolicies(agent.definition), [agent.definition]);
  const known = new Map((tools.data ?? []).map((tool) => [tool.name, tool]));
  if (agent.tools.length === 0)
    return <Panel><Empty title="No tools">This agent can only answer with words.</Empty></Panel>;
  return (
    <Panel>
      <ul className="divide-y">
        {agent.tools.map((name) => {
          const tool = known.get(name);
          const effect = tool ? effects[tool.effect] : undefined;
          const policy = policies.get(name);
          return (
            <li key={name} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5">
              <span className="num w-28 shrink-0 font-medium">{name}</span>
              <span className="min-w-0 flex-1 basis-60 text-muted">{tool?.description}</span>
              <span className="flex items-center gap-2 text-12 text-muted">
                {effect && (
                  <span className="inline-flex items-center gap-1.5"><effect.icon aria-hidden size={13} />{effect.text}</span>
                )}
                {tool?.needsSandbox && <Tag>sandbox</Tag>}
                {policy && <Tag tone={policy === 'allow' ? 'plain' : 'warn'}>{policy}</Tag>}
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

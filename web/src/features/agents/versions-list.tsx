'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { agentVersionsQuery } from '@/api/queries';
import type { Agent, AgentVersion } from '@/api/types';
import { cx } from '@/lib/cx';
import { Button } from '@/ui/button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Ago } from '@/ui/time';
import { YamlView } from '@/ui/yaml-view';

export function VersionsList({ agent }: { agent: Agent }) {
  const versions = useInfiniteQuery(agentVersionsQuery(agent.name));
  if (versions.isPending) return <Panel><SkeletonRows rows={3} label="Loading versions" /></Panel>;
  if (!versions.data) return <Notice tone="bad" title={messageOf(versions.error)} />;
  return (
    <Panel>
      <ul className="divide-y">
        {versions.data.pages.flatMap((page) => page.items).map((version) => (
          <VersionRow key={version.version} version={version} isNewest={version.version === agent.version} />
        ))}
      </ul>
      {versions.hasNextPage && (
        <div className="border-t p-2 text-center">
          <Button tone="quiet" busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>Older versions</Button>
        </div>
      )}
    </Panel>
  );
}

function VersionRow({ version, isNewest }: { version: AgentVersion; isNewest: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-10 w-full items-center gap-3 px-4 text-left hover:bg-hover coarse:min-h-11"
      >
        <span className="num w-10 shrink-0 font-medium">v{version.version}</span>
        {isNewest && <Tag tone="accent">newest</Tag>}
        <span className="num min-w-0 flex-1 truncate text-12 text-faint">{version.digest.replace(/^sha256:/, '').slice(0, 12)}</span>
        <span className="truncate text-12 text-muted max-sm:hidden">{version.createdBy}</span>
        <span className="text-12 text-faint"><Ago at={version.createdAt} /></span>
        <ChevronRight aria-hidden size={14} className={cx('shrink-0 text-faint', open && 'rotate-90')} />
      </button>
      {open && (
        <div className="px-4 pb-4">
          <YamlView text={version.definition} label={`Definition, version ${version.version}`} caption={`${version.name} v${version.version}`} />
        </div>
      )}
    </li>
  );
}

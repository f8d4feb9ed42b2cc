'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, ShieldAlert, ShieldCheck } from 'lucide-react';
import { useCan } from '@/api/permissions';
import { systemQuery } from '@/api/queries';
import type { SystemInfo } from '@/api/types';
import { Failure } from '@/features/failure';
import { Fact, Facts } from '@/ui/facts';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { SettingsPage } from '../parts/settings-page';
import { ServiceMode } from './service-mode';

export function System() {
  const maySee = useCan('system:read');
  return (
    <SettingsPage>
      {maySee && <Parts />}
      <ServiceMode />
      <About />
    </SettingsPage>
  );
}

const databases = new Map<string, string>([['sqlite', 'SQLite'], ['postgres', 'PostgreSQL']]);

function Parts() {
  const system = useQuery(systemQuery());
  return (
    <Panel title="System">
      {system.isPending && <SkeletonRows rows={4} label="Loading the system" />}
      {system.error && !system.data && <Failure error={system.error} className="m-3" />}
      {system.data && (
        <Facts>
          <Fact name="Version"><span className="num">{system.data.version}</span></Fact>
          <Fact name="Database">{databases.get(system.data.database) ?? system.data.database}</Fact>
          <Fact name="Sandbox"><Sandbox sandbox={system.data.sandbox} /></Fact>
          <Fact name="Models">
            <ul>{system.data.models.map((model) => <Model key={model.provider} model={model} />)}</ul>
          </Fact>
        </Facts>
      )}
    </Panel>
  );
}

function Sandbox({ sandbox }: { sandbox: SystemInfo['sandbox'] }) {
  return sandbox.available ? (
    <span className="inline-flex items-center gap-2"><ShieldCheck aria-hidden size={15} className="text-ok" />{sandbox.level}</span>
  ) : (
    <span className="flex items-start gap-2">
      <ShieldAlert aria-hidden size={15} className="mt-0.5 shrink-0 text-bad" />
      <span>Not available: sandboxed tools are refused. {sandbox.reason}</span>
    </span>
  );
}

function Model({ model }: { model: SystemInfo['models'][number] }) {
  const Icon = model.configured ? CircleCheck : CircleDashed;
  return (
    <li className="flex flex-wrap items-center gap-2 py-0.5">
      <Icon aria-hidden size={14} className={model.configured ? 'text-ok' : 'text-faint'} />
      <span className="num">{model.provider}</span>
      <span className="text-12 text-faint">{model.configured ? 'configured' : 'not configured'}</span>
      {!model.isReal && <Tag tone="warn">not a real model</Tag>}
      {!model.chats && <Tag>makes vectors only</Tag>}
    </li>
  );
}

function About() {
  return (
    <Panel title="About">
      <div className="space-y-2 px-4 py-3 text-muted">
        <p>CodexOS is an operating system for AI agents. What an agent does is written to a journal before it counts as done.</p>
        <p>
          The HTTP API this page uses is described at <a href="/docs" className="text-accent underline underline-offset-2">/docs</a>.
        </p>
      </div>
    </Panel>
  );
}

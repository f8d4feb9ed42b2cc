'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, Monitor, Moon, ShieldAlert, ShieldCheck, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { meQuery, systemQuery } from '@/api/queries';
import { cx } from '@/lib/cx';
import { setTheme, themes, useTheme } from '@/lib/theme';
import { CopyButton } from '@/ui/copy-button';
import { Notice, SkeletonRows } from '@/ui/notice';
import { PageHead, Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Applications } from './applications';
import { SecondFactor } from './second-factor';

export function SettingsView() {
  return (
    <>
      <PageHead title="Settings" />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="space-y-4">
          <Account />
          <SecondFactor />
          <Applications />
          <About />
        </div>
        <div className="space-y-4">
          <Appearance />
          <System />
        </div>
      </div>
    </>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-4 px-4 py-1.5">
      <dt className="w-28 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 flex-1 wrap-anywhere">{children}</dd>
    </div>
  );
}

function Id({ value }: { value: string }) {
  return (
    <span className="num inline-flex max-w-full items-center gap-1 text-12 text-muted">
      <span className="truncate">{value}</span>
      <CopyButton text={value} label="Copy id" />
    </span>
  );
}

function Account() {
  const me = useQuery(meQuery());
  return (
    <Panel title="Account">
      {me.isPending && <SkeletonRows rows={4} label="Loading the account" />}
      {me.data && (
        <dl className="divide-y">
          <Row name="Name">{me.data.user.displayName}</Row>
          <Row name="E-mail">{me.data.user.email}</Row>
          <Row name="User id"><Id value={me.data.user.id} /></Row>
          <Row name="Tenant">{me.data.tenant.name}</Row>
          <Row name="Tenant id"><Id value={me.data.tenant.id} /></Row>
          <Row name="Role">{me.data.role}</Row>
          <Row name="May">
            <span className="flex flex-wrap gap-1 py-1">{me.data.permissions.map((each) => <Tag key={each}>{each}</Tag>)}</span>
          </Row>
        </dl>
      )}
    </Panel>
  );
}

const looks = { system: { icon: Monitor, name: 'System' }, light: { icon: Sun, name: 'Light' }, dark: { icon: Moon, name: 'Dark' } };

function Appearance() {
  const theme = useTheme();
  return (
    <Panel title="Appearance">
      <fieldset className="flex items-center gap-4 px-4 py-3">
        <legend className="sr-only">Theme</legend>
        <span aria-hidden className="w-28 shrink-0 text-muted">Theme</span>
        <div className="flex flex-1 flex-wrap gap-2">
          {themes.map((value) => {
            const { icon: Icon, name } = looks[value];
            return (
              <label
                key={value}
                className={cx(
                  'flex h-8 cursor-pointer items-center gap-2 rounded-sm border px-3 has-focus-visible:outline-2 has-focus-visible:outline-accent coarse:h-11',
                  theme === value ? 'border-accent text-fg' : 'border-line-strong text-muted hover:text-fg',
                )}
              >
                <input type="radio" name="theme" className="sr-only" checked={theme === value} onChange={() => setTheme(value)} />
                <Icon aria-hidden size={14} /> {name}
              </label>
            );
          })}
        </div>
      </fieldset>
    </Panel>
  );
}

function System() {
  const system = useQuery(systemQuery());
  return (
    <Panel title="System">
      {system.isPending && <SkeletonRows rows={4} label="Loading the system" />}
      {system.error && !system.data && <Notice tone="bad" className="m-3" title={messageOf(system.error)} />}
      {system.data && (
        <dl className="divide-y">
          <Row name="Version"><span className="num">{system.data.version}</span></Row>
          <Row name="Database">{system.data.database === 'sqlite' ? 'SQLite' : system.data.database === 'postgres' ? 'PostgreSQL' : system.data.database}</Row>
          <Row name="Sandbox">
            {system.data.sandbox.available ? (
              <span className="inline-flex items-center gap-2"><ShieldCheck aria-hidden size={15} className="text-ok" />{system.data.sandbox.level}</span>
            ) : (
              <span className="flex items-start gap-2">
                <ShieldAlert aria-hidden size={15} className="mt-0.5 shrink-0 text-bad" />
                <span>Not available: sandboxed tools are refused. {system.data.sandbox.reason}</span>
              </span>
            )}
          </Row>
          <Row name="Models">
            <ul>
              {system.data.models.map((model) => (
                <li key={model.provider} className="flex flex-wrap items-center gap-2 py-0.5">
                  {model.configured ? (
                    <CircleCheck aria-hidden size={14} className="text-ok" />
                  ) : (
                    <CircleDashed aria-hidden size={14} className="text-faint" />
                  )}
                  <span className="num">{model.provider}</span>
                  <span className="text-12 text-faint">{model.configured ? 'configured' : 'not configured'}</span>
                  {!model.isReal && <Tag tone="warn">not a real model</Tag>}
                </li>
              ))}
            </ul>
          </Row>
        </dl>
      )}
    </Panel>
  );
}

function About() {
  return (
    <Panel title="About">
      <div className="space-y-2 px-4 py-3 text-muted">
        <p>CodexOS is an operating system for AI agents. What an agent does is written to a journal before it counts as done.</p>
        <p>
          { }
          The HTTP API this page uses is described at <a href="/docs" className="text-accent underline underline-offset-2">/docs</a>.
        </p>
      </div>
    </Panel>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Bot, CircleHelp, ListTree, Monitor, Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSettingsPlaces } from '@/api/permissions';
import { agentsQuery, recentRunsQuery } from '@/api/queries';
import { useNavigate } from '@/lib/nav';
import { setTheme } from '@/lib/theme';
import { Dialog } from '@/ui/dialog';
import { Kbd } from '@/ui/kbd';
import { statusLabel } from '@/ui/status';
import { places } from './commands';

const group =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-11 [&_[cmdk-group-heading]]:text-faint';

export default function Palette({ onClose, openHelp }: { onClose: () => void; openHelp: () => void }) {
  const navigate = useNavigate();
  const agents = useQuery(agentsQuery());
  const runs = useQuery(recentRunsQuery(50));
  const settings = useSettingsPlaces();
  const then = (action: () => void) => () => {
    onClose();
    action();
  };
  return (
    <Dialog open onClose={onClose} title="Find or go to" hideTitle className="mt-[12vh] w-[min(560px,calc(100vw-24px))]">
      <Command label="Find or go to" loop>
        <Command.Input
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the palette is opened to type
          autoFocus
          placeholder="Find a page, an agent or a run"
          className="h-12 w-full border-b bg-transparent px-4 text-15 outline-none"
        />
        <Command.List label="Results" className="scroll-thin max-h-[min(420px,60vh)] overflow-y-auto p-1.5">
          <Command.Empty className="px-3 py-6 text-center text-muted">Nothing matches.</Command.Empty>
          <Command.Group heading="Go to" className={group}>
            {places.map((place) => (
              <Item key={place.href} icon={<place.icon aria-hidden size={15} />} keys={['G', place.key.toUpperCase()]} onSelect={then(() => navigate.go(place.href))}>
                {place.title}
              </Item>
            ))}
          </Command.Group>
          {agents.data && agents.data.length > 0 && (
            <Command.Group heading="Agents" className={group}>
              {agents.data.map((agent) => (
                <Item key={agent.id} value={`agent ${agent.title} ${agent.name}`} icon={<Bot aria-hidden size={15} />} onSelect={then(() => navigate.go(`/agents/${agent.name}`))}>
                  {agent.title || agent.name}
                </Item>
              ))}
            </Command.Group>
          )}
          {runs.data && runs.data.length > 0 && (
            <Command.Group heading="Recent runs" className={group}>
              {runs.data.slice(0, 12).map((run) => (
                <Item key={run.id} value={`run ${run.title} ${run.id}`} icon={<ListTree aria-hidden size={15} />} note={statusLabel(run.status)} onSelect={then(() => navigate.go(`/runs/${run.id}`))}>
                  {run.title}
                </Item>
              ))}
            </Command.Group>
          )}
          <Command.Group heading="Settings" className={group}>
            {settings.map((place) => (
              <Item key={place.href} value={`settings ${place.title}`} icon={<place.icon aria-hidden size={15} />} onSelect={then(() => navigate.go(place.href))}>
                {place.title}
              </Item>
            ))}
          </Command.Group>
          <Command.Group heading="Do" className={group}>
            <Item icon={<Moon aria-hidden size={15} />} onSelect={then(() => setTheme('dark'))}>Dark theme</Item>
            <Item icon={<Sun aria-hidden size={15} />} onSelect={then(() => setTheme('light'))}>Light theme</Item>
            <Item icon={<Monitor aria-hidden size={15} />} onSelect={then(() => setTheme('system'))}>System theme</Item>
            <Item icon={<CircleHelp aria-hidden size={15} />} keys={['?']} onSelect={then(openHelp)}>Keyboard shortcuts</Item>
          </Command.Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

interface ItemProps {
  icon: ReactNode;
  children: string;
  value?: string;
  note?: string;
  keys?: string[];
  onSelect: () => void;
}

function Item({ icon, children, value, note, keys, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={value ?? children}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 data-[selected=true]:bg-hover coarse:h-11"
    >
      <span className="text-faint">{icon}</span>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {note && <span className="text-11 text-faint">{note}</span>}
      {keys && <span className="flex gap-1">{keys.map((key) => <Kbd key={key}>{key}</Kbd>)}</span>}
    </Command.Item>
  );
}

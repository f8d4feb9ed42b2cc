'use client';

import { Monitor, Moon, Sun } from 'lucide-react';
import { cx } from '@/lib/cx';
import { setTheme, themes, useTheme } from '@/lib/theme';
import { Panel } from '@/ui/panel';

const looks = { system: { icon: Monitor, name: 'System' }, light: { icon: Sun, name: 'Light' }, dark: { icon: Moon, name: 'Dark' } };

export function Appearance() {
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

'use client';

import { Dialog } from '@/ui/dialog';
import { Kbd } from '@/ui/kbd';
import { places } from './commands';

const rows: { keys: string[]; text: string }[] = [
  { keys: ['Ctrl', 'K'], text: 'Find or go to' },
  ...places.map((place) => ({ keys: ['G', place.key.toUpperCase()], text: place.title })),
  { keys: ['Ctrl', 'Enter'], text: 'Start the run being written' },
  { keys: ['?'], text: 'This list' },
  { keys: ['Esc'], text: 'Close what is open' },
];

export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Keyboard shortcuts">
      <dl className="divide-y px-4 py-1">
        {rows.map((row) => (
          <div key={row.text} className="flex h-9 items-center">
            <dt className="flex-1">{row.text}</dt>
            <dd className="flex gap-1">{row.keys.map((key) => <Kbd key={key}>{key}</Kbd>)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

'use client';

import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { Dialog } from '@/ui/dialog';
import { Notice } from '@/ui/notice';

interface SecretOnceProps {
  title: string;
  /** What it is, as in "key". */
  what: string;
  text: string;
  hint: string;
  onClose: () => void;
}

const doNothing = () => {};

/** What is shown this once. It is closed by saying so, never by a press beside it. */
export function SecretOnce({ title, what, text, hint, onClose }: SecretOnceProps) {
  return (
    <Dialog open onClose={doNothing} title={title} footer={<Button tone="primary" onClick={onClose}>I have kept it</Button>} noClose>
      <div className="space-y-3 p-4">
        <Notice live tone="warn" title={`Copy the ${what} now. It is not shown again.`}>{hint}</Notice>
        <Code text={text} label={`The ${what}`} copy caption={`The ${what}`} />
      </div>
    </Dialog>
  );
}

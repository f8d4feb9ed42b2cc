'use client';

import { CircleAlert, CircleCheck, CircleDashed, FileUp, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { cx } from '@/lib/cx';
import { formatBytes, formatCount } from '@/lib/format';
import { Button, IconButton } from '@/ui/button';
import { Panel } from '@/ui/panel';
import { ProgressBar } from '@/ui/progress';
import { toast } from '@/ui/toasts';
import { filesMax, isUnderWay, type Upload, type Uploads } from './uploads';

/** Where files are dropped or chosen, and how far each has come. */
export function UploadBox({ uploads, add, clear }: Uploads) {
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: File[]) => {
    if (files.length > filesMax) toast('bad', `Only the first ${formatCount(filesMax)} files were taken. Add the others afterwards.`);
    if (files.length > 0) add(files);
  };
  return (
    <div className="space-y-4">
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions -- a place to drop on; the keyboard has the button */}
      <div
        data-testid="drop"
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          take(droppedFiles(event.dataTransfer));
        }}
        className={cx(
          'flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-dashed px-4 py-3 transition-colors duration-150',
          isOver ? 'border-accent bg-accent-soft' : 'border-line-strong',
        )}
      >
        <FileUp aria-hidden size={18} className="shrink-0 text-faint max-sm:hidden" />
        <p className="min-w-0 flex-1 basis-60 text-muted">
          Drop files here, or choose them. A file of the same name takes the place of the one that is there.
        </p>
        <Button onClick={() => input.current?.click()}>Choose files</Button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files to add"
          onChange={(event) => {
            take([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
      </div>
      {uploads.length > 0 && <UploadList uploads={uploads} onClear={clear} />}
    </div>
  );
}

/** A folder cannot be sent as a file. */
function droppedFiles(dropped: DataTransfer): File[] {
  return [...dropped.items]
    .filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
    .flatMap((item) => item.getAsFile() ?? []);
}

function UploadList({ uploads, onClear }: { uploads: Upload[]; onClear: () => void }) {
  const done = uploads.filter((each) => !isUnderWay(each)).length;
  return (
    <Panel
      title="Added files"
      aside={
        <>
          <span role="status" className="num">{formatCount(done)} of {formatCount(uploads.length)}</span>
          {done === uploads.length && <IconButton label="Clear this list" icon={<X aria-hidden size={14} />} onClick={onClear} />}
        </>
      }
    >
      {done < uploads.length && (
        <ProgressBar share={done / uploads.length} label="Files that were sent" className="w-full rounded-none" />
      )}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard */}
      <ul aria-label="Files" tabIndex={0} className="scroll-thin max-h-72 divide-y overflow-y-auto">
        {uploads.map((upload) => (
          <li key={upload.key} className="flex min-h-9 flex-wrap items-center gap-x-3 px-4 py-1.5">
            <span className="min-w-0 flex-1 basis-40 wrap-anywhere">{upload.file.name}</span>
            <span className="num text-12 text-faint">{formatBytes(upload.file.size)}</span>
            <UploadState upload={upload} />
            {upload.problem && <p className="basis-full text-12 text-bad wrap-anywhere">{upload.problem}</p>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const words: Record<Upload['state'], string> = {
  waiting: 'Waits', sending: 'Sending', added: 'Added', replaced: 'Replaced', unchanged: 'As it was', refused: 'Refused',
};

function UploadState({ upload: { state, file } }: { upload: Upload }) {
  const Icon = state === 'refused' ? CircleAlert : state === 'waiting' ? CircleDashed : CircleCheck;
  const tone = state === 'refused' ? 'text-bad' : state === 'waiting' || state === 'unchanged' ? 'text-muted' : 'text-ok';
  return (
    <span className={cx('inline-flex w-28 items-center gap-1.5 text-12', state === 'sending' ? 'text-run' : tone)}>
      {state === 'sending' ? <ProgressBar share={null} label={`Sending ${file.name}`} className="w-6" /> : <Icon aria-hidden size={14} />}
      {words[state]}
    </span>
  );
}

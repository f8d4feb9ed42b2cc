'use client';

import { useEffect, useRef, useState } from 'react';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { KnowledgeBase } from '@/api/knowledge-types';
import { settingsKeys } from '@/api/settings-queries';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ProjectField, useProjectChoice } from '@/features/project-field';
import { formatBytes, formatCount, plural } from '@/lib/format';
import { useNavigate } from '@/lib/nav';
import { saveFile } from '@/lib/save-file';
import { CheckField, Field, inputClass, TextField } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { ProgressBar } from '@/ui/progress';
import { toast } from '@/ui/toasts';
import { archiveBytesMax, tooLarge } from './archive';
import { baseHref } from './passages';
import { exportBase, importBase, type Progress } from './transfers';

/** Ends with the dialog: closing it stops what is under way. */
function useTransfer() {
  const [progress, setProgress] = useState<Progress | null>(null);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);
  return { progress, tell: setProgress, signal: () => leaving.current!.signal };
}

const words: Record<Progress['phase'], string> = { writing: 'Written', checking: 'Verified', sending: 'Sent' };

function TransferProgress({ progress }: { progress: Progress | null }) {
  if (!progress) return null;
  const { phase, done, total } = progress;
  return (
    <div className="space-y-1.5">
      <ProgressBar share={total ? done / total : null} label="Documents" className="w-full" />
      <p role="status" className="num text-12 text-muted">
        {words[phase]}: {total === null ? plural(done, 'document') : `${formatCount(done)} of ${plural(total, 'document')}`}
      </p>
    </div>
  );
}

export function ExportBase({ base, onClose }: { base: KnowledgeBase; onClose: () => void }) {
  const { progress, tell, signal } = useTransfer();
  const isTooLarge = base.sizeBytes > archiveBytesMax;
  const change = useChange({
    ask: () => exportBase(base, signal(), tell),
    stale: [],
    onDone: ({ archive, count, gone }) => {
      saveFile(archive, `${base.name}.tgz`);
      toast('ok', `${plural(count, 'document')} in ${formatBytes(archive.size)}.${gone > 0 ? ` Deleted meanwhile, and not in it: ${formatCount(gone)}.` : ''}`);
      onClose();
    },
  });
  return (
    <FormDialog title={`Export ${base.name}`} action="Export" disabled={isTooLarge} change={change} onClose={onClose}>
      <p className="text-muted">
        A tar file, packed with gzip, with every document that you may read: the file as it was added, metadata, time and readers; and
        the synonyms and boosts of the base. It is not encrypted. Passages, vectors and sources are not in it.
      </p>
      {base.documents === 0 && <Notice tone="info" title="No documents yet">The archive has the name and the description alone.</Notice>}
      {isTooLarge && (
        <Notice tone="warn" title={tooLarge(base.sizeBytes).message} code="archive.too_large">
          <code className="num">codexos kb export {base.name} -o {base.name}.tgz</code>
        </Notice>
      )}
      {change.isPending && <TransferProgress progress={progress} />}
    </FormDialog>
  );
}

export function ImportBase({ onClose }: { onClose: () => void }) {
  const { go } = useNavigate();
  const { progress, tell, signal } = useTransfer();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState('');
  const [isMerged, setIsMerged] = useState(false);
  const [withoutReaders, setWithoutReaders] = useState(false);
  const choice = useProjectChoice('knowledge:write');
  const change = useChange({
    ask: () => importBase({ file: file!, name: name.trim(), project: choice.project, isMerged, withoutReaders }, signal(), tell),
    stale: [knowledgeKeys.all, settingsKeys.projects],
    done: (made) => `${formatCount(made.changed)} of ${plural(made.documents, 'document')} are new or changed.`,
    onDone: (made) => {
      for (const why of made.refused) toast('bad', `Not taken over: ${why}`);
      go(baseHref(made.name));
    },
  });
  return (
    <FormDialog title="Import a knowledge base" action="Import" disabled={file === null} change={change} onClose={onClose}>
      <p className="text-muted">
        An archive that Export or <code className="num">codexos kb export</code> wrote, of up to {formatBytes(archiveBytesMax)}. All of it is
        verified before anything is changed; then its documents are sent and read.
      </p>
      <Field label="Archive">
        {(wiring) => (
          <input
            {...wiring}
            type="file"
            required
            accept=".tgz,.gz,.tar"
            onChange={(event) => setFile(event.target.files?.[0] ?? null)}
            className={`${inputClass} h-9 py-1.5 coarse:h-11`}
          />
        )}
      </Field>
      <TextField
        label="Name"
        pattern="[a-z][a-z0-9\-]{0,59}"
        maxLength={60}
        title="Lowercase letters, digits and hyphens, at most 60, beginning with a letter."
        hint="As it was if left out."
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <CheckField
        label="Add to the knowledge base of that name"
        hint="If there is one. Documents of the same name are replaced; so an import that was broken off goes on."
        checked={isMerged}
        onChange={(event) => setIsMerged(event.target.checked)}
      />
      <CheckField
        label="Without readers"
        hint="Everybody who may read the base may read all of it. The members of another tenant are nobody here."
        checked={withoutReaders}
        onChange={(event) => setWithoutReaders(event.target.checked)}
      />
      <ProjectField choice={choice} />
      {change.isPending && <TransferProgress progress={progress} />}
    </FormDialog>
  );
}

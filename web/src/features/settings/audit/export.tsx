'use client';

import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { fetchAuditExport, type AuditFilter } from '@/api/settings-calls';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { toast } from '@/ui/toasts';

/** What the filters leave of the log, as lines of JSON with their proofs. */
export function Export({ filter }: { filter: AuditFilter }) {
  const save = useMutation({
    mutationFn: async () => saveFile(await fetchAuditExport(filter), 'audit.jsonl'),
    onError: (error) => toast('bad', messageOf(error)),
  });
  return (
    <Button icon={<Download aria-hidden size={14} />} busy={save.isPending} onClick={() => save.mutate()}>
      Export with proofs
    </Button>
  );
}

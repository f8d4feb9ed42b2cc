'use client';

import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { fetchAccessReview } from '@/api/settings-calls';
import { Failure } from '@/features/failure';
import { saveFile } from '@/lib/save-file';
import { Button } from '@/ui/button';
import { Panel } from '@/ui/panel';

/** All access to the tenant as a file, for whoever has to look it over. */
export function Review() {
  const save = useMutation({
    mutationFn: async (format: 'csv' | 'json') =>
      saveFile(await fetchAccessReview(format), `access-review-${new Date().toISOString().slice(0, 10)}.${format}`),
  });
  return (
    <Panel title="Access review" bodyClassName="space-y-3 px-4 py-3">
      <p className="text-muted">
        A line for every member, service account, grant, API key and application, with role, state, second factor and last
        use. That you took it is in the audit log.
      </p>
      <div className="flex flex-wrap gap-2">
        {(['csv', 'json'] as const).map((format) => (
          <Button
            key={format}
            icon={<Download aria-hidden size={14} />}
            busy={save.isPending && save.variables === format}
            onClick={() => save.mutate(format)}
          >
            Download {format.toUpperCase()}
          </Button>
        ))}
      </div>
      {save.error && <Failure error={save.error} />}
    </Panel>
  );
}

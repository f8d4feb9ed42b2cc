'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { setSemanticCache } from '@/api/settings-calls';
import { semanticCacheQuery, settingsKeys } from '@/api/settings-queries';
import { useChange } from '@/features/change';
import { Failure } from '@/features/failure';
import { FormDialog } from '@/features/form-dialog';
import { Button } from '@/ui/button';
import { Panel } from '@/ui/panel';

/** Whether agents of the tenant may give an answer again that somebody else was given. */
export function SemanticCache() {
  const mayRead = useCan('policy:read');
  const mayWrite = useCan('policy:write');
  const setting = useQuery({ ...semanticCacheQuery(), enabled: mayRead });
  const [asking, setAsking] = useState(false);
  if (!mayRead) return null;
  const enabled = setting.data?.enabled ?? true;
  return (
    <Panel title="Answers given again">
      {setting.error && <Failure error={setting.error} className="m-3" />}
      {setting.data && (
        <div className="flex flex-wrap items-center gap-3 px-4 py-3">
          <p className="min-w-0 flex-1 basis-60 text-muted">
            {enabled
              ? 'Agents whose definitions ask for it give an earlier answer to a task that means the same. It was made for somebody else’s words.'
              : 'No agent gives an earlier answer again, whatever its definition says. None is kept.'}
          </p>
          {mayWrite && <Button onClick={() => setAsking(true)}>{enabled ? 'Switch it off' : 'Leave it to agents'}</Button>}
        </div>
      )}
      {asking && <SwitchCache enabled={!enabled} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function SwitchCache({ enabled, onClose }: { enabled: boolean; onClose: () => void }) {
  const change = useChange({
    ask: () => setSemanticCache(enabled),
    stale: [settingsKeys.semanticCache],
    done: enabled ? 'Agents may give answers again.' : 'No agent gives answers again.',
    onDone: onClose,
  });
  return (
    <FormDialog
      title={enabled ? 'Let agents give answers again?' : 'Let no agent give answers again?'}
      action={enabled ? 'Leave it to agents' : 'Switch it off'}
      tone={enabled ? 'primary' : 'danger'}
      change={change}
      onClose={onClose}
    >
      <p className="text-muted">
        {enabled
          ? 'Those do whose definitions ask for it, from the next task on.'
          : 'Every task is given to its model from the next one on, and the answers that are kept are removed.'}
      </p>
    </FormDialog>
  );
}

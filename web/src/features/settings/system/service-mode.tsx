'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { changeServiceMode } from '@/api/settings-calls';
import { serviceModeQuery, settingsKeys } from '@/api/settings-queries';
import type { ServiceMode as Mode } from '@/api/types';
import { Failure } from '@/features/failure';
import { formatDateTime } from '@/lib/format';
import { Button } from '@/ui/button';
import { Fact, Facts } from '@/ui/facts';
import { SelectField, TextField } from '@/ui/field';
import { SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

const modes: Record<Mode['mode'], { name: string; means: string }> = {
  normal: { name: 'Normal', means: 'Everything is answered.' },
  readOnly: { name: 'Read-only', means: 'Requests that would change something are turned away. Runs under way go on.' },
  maintenance: { name: 'Maintenance', means: 'All requests but signing in and this switch are turned away. Runs under way go on.' },
};

/** Whether the installation serves, and the switch for who may use it. */
export function ServiceMode() {
  const service = useQuery(serviceModeQuery());
  const mayChange = useCan('service:write');
  const [changing, setChanging] = useState(false);
  const mode = service.data;
  return (
    <Panel title="Service" aside={mayChange && mode && <Button tone="quiet" onClick={() => setChanging(true)}>Change mode</Button>}>
      {service.isPending && <SkeletonRows rows={1} label="Loading the mode of service" />}
      {service.error && !mode && <Failure error={service.error} className="m-3" />}
      {mode && (
        <Facts>
          <Fact name="Mode">
            <Tag tone={mode.mode === 'normal' ? 'plain' : 'warn'}>{modes[mode.mode].name}</Tag>
            <span className="ml-2 text-muted">{modes[mode.mode].means}</span>
          </Fact>
          {mode.reason && <Fact name="Reason">{mode.reason}</Fact>}
          {mode.changedBy !== 'system' && <Fact name="Since"><span className="num">{formatDateTime(mode.changedAt)}</span></Fact>}
        </Facts>
      )}
      {changing && mode && <ChangeMode now={mode} onClose={() => setChanging(false)} />}
    </Panel>
  );
}

function ChangeMode({ now, onClose }: { now: Mode; onClose: () => void }) {
  const [mode, setMode] = useState(now.mode);
  const [reason, setReason] = useState(now.reason ?? '');
  const change = useChange({
    ask: () => changeServiceMode(mode, mode === 'normal' ? '' : reason.trim()),
    stale: [settingsKeys.serviceMode],
    done: `The mode of service is ${modes[mode].name.toLowerCase()} now.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Mode of service" action="Change mode" tone={mode === 'normal' ? 'primary' : 'danger'} change={change} onClose={onClose}>
      <SelectField
        label="Mode"
        value={mode}
        hint={modes[mode].means}
        onChange={(event) => setMode(event.target.value as Mode['mode'])}
        options={Object.entries(modes).map(([value, { name }]) => ({ value, label: name }))}
      />
      {mode !== 'normal' && (
        <TextField
          label="Reason (optional)"
          hint="Shown to whoever is turned away."
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </FormDialog>
  );
}

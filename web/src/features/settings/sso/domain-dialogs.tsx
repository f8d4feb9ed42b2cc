'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '@/api/queries';
import { useCan } from '@/api/permissions';
import { addSsoDomain, confirmSsoDomain, removeSsoDomain, verifySsoDomain } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { SsoConnection, SsoDomain } from '@/api/types';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code';
import { TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

const stale = [settingsKeys.ssoConnections];

export function AddDomain({ connection, onAdded, onClose }: {
  connection: SsoConnection; onAdded: (domain: SsoDomain) => void; onClose: () => void;
}) {
  const [domain, setDomain] = useState('');
  const change = useChange({
    ask: async () => onAdded(await addSsoDomain(domain.trim(), connection.id)),
    stale,
    done: `${domain.trim()} is added.`,
  });
  return (
    <FormDialog title={`A domain for ${connection.name}`} action="Add domain" change={change} onClose={onClose}>
      <TextField
        label="Domain"
        required
        maxLength={253}
        className="num"
        hint="What addresses end in, as example.org. Each subdomain is one of its own."
        value={domain}
        onChange={(event) => setDomain(event.target.value)}
      />
    </FormDialog>
  );
}

/** Shows what makes a domain the tenant's, looks for it, or removes the domain. */
export function DomainDialog({ domain, onClose }: { domain: SsoDomain; onClose: () => void }) {
  const me = useQuery(meQuery());
  const mayConfirm = useCan('tenants:write');
  const done = `${domain.domain} is verified.`;
  const verify = useChange({ ask: () => verifySsoDomain(domain.domain), stale, done, onDone: onClose });
  const confirm = useChange({ ask: () => confirmSsoDomain(me.data!.tenant.id, domain.domain), stale, done, onDone: onClose });
  const remove = useChange({ ask: () => removeSsoDomain(domain.domain), stale, done: `${domain.domain} is removed.`, onDone: onClose });
  if (domain.verifiedAt !== null) {
    return (
      <FormDialog title={`Remove ${domain.domain}?`} action="Remove" tone="danger" cancel="Keep" change={remove} onClose={onClose}>
        <p className="text-muted">Its addresses lead nowhere from then on. Who has signed in before still can, by the link of the connection.</p>
      </FormDialog>
    );
  }
  return (
    <FormDialog title={`Verify ${domain.domain}`} action="Look for the record" change={verify} onClose={onClose}>
      <p className="text-muted">Add this TXT record at your name server. It can take an hour to be seen.</p>
      <Code text={domain.recordName} label="Name of the record" copy caption="Name" />
      <Code text={domain.recordValue} label="Value of the record" copy caption="Value" />
      <div className="flex flex-wrap gap-2">
        {mayConfirm && me.data && (
          <Button type="button" busy={confirm.isPending} onClick={() => confirm.mutate()}>Confirm without DNS</Button>
        )}
        <Button type="button" tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>Remove domain</Button>
      </div>
    </FormDialog>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { addPasskey, removePasskey, renamePasskey } from '@/api/calls';
import { keys, passkeysQuery } from '@/api/queries';
import type { Passkey } from '@/api/types';
import { useChange } from '@/features/change';
import { Failure } from '@/features/failure';
import { FormDialog } from '@/features/form-dialog';
import { usePasskeyOffer } from '@/features/passkey-offer';
import { useStepUp } from '@/features/step-up';
import { clientName } from '@/lib/client-name';
import { Button } from '@/ui/button';
import { PasswordField, TextField } from '@/ui/field';
import { Empty, Notice, SkeletonRows } from '@/ui/notice';
import { Panel } from '@/ui/panel';
import { Tag } from '@/ui/status';
import { Ago } from '@/ui/time';

type Open = { what: 'add' } | { what: 'rename' | 'remove'; passkey: Passkey } | null;

const stale = [keys.passkeys, keys.secondFactor, keys.me];

/** Adds, renames and removes one's own passkeys. */
export function Passkeys() {
  const passkeys = useQuery(passkeysQuery());
  const offer = usePasskeyOffer();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <Panel
      title="Passkeys"
      aside={<Button disabled={!passkeys.data || offer !== 'yes'} onClick={() => setOpen({ what: 'add' })}>Add a passkey</Button>}
    >
      {open?.what === 'add' && <Add onClose={close} />}
      {open?.what === 'rename' && <Rename passkey={open.passkey} onClose={close} />}
      {open?.what === 'remove' && <Remove passkey={open.passkey} onClose={close} />}
      {offer === 'browser' && (
        <Notice tone="info" className="m-3" title="This browser has no passkeys here.">
          They need https, or localhost, and a browser of these days. Those that you have are listed all the same.
        </Notice>
      )}
      {offer === 'server' && (
        <Notice tone="info" className="m-3" title="This server has no passkeys under its address.">
          Browsers offer them under a name with https. The operator sets it in <code className="num">Identity:PublicUrl</code>; on one machine,
          that can be <code className="num">http://localhost:7420</code>.
        </Notice>
      )}
      {passkeys.isPending && <SkeletonRows rows={2} label="Loading the passkeys" />}
      {passkeys.error && !passkeys.data && <Failure error={passkeys.error} className="m-3" />}
      {passkeys.data?.length === 0 && (
        <Empty title="You have no passkeys">With one, your device signs you in: no password, and no code.</Empty>
      )}
      {passkeys.data && passkeys.data.length > 0 && (
        <ul className="divide-y">
          {passkeys.data.map((each) => <Row key={each.id} passkey={each} onOpen={setOpen} />)}
        </ul>
      )}
    </Panel>
  );
}

function Row({ passkey, onOpen }: { passkey: Passkey; onOpen: (open: Open) => void }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium wrap-anywhere">{passkey.name}</span>
          {passkey.synced && <Tag>synced</Tag>}
          {!passkey.syncable && <Tag>on one device</Tag>}
        </p>
        <p className="text-12 text-muted">
          added <Ago at={passkey.createdAt} />, {passkey.lastUsedAt ? <>used <Ago at={passkey.lastUsedAt} /></> : 'never used'}
        </p>
      </div>
      <Button aria-label={`Rename ${passkey.name}`} onClick={() => onOpen({ what: 'rename', passkey })}>Rename</Button>
      <Button tone="danger" aria-label={`Remove ${passkey.name}`} onClick={() => onOpen({ what: 'remove', passkey })}>
        Remove
      </Button>
    </li>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const factor = useStepUp();
  const [name, setName] = useState(() => clientName(navigator.userAgent).slice(0, 100));
  const [password, setPassword] = useState('');
  const change = useChange({
    ask: async () => {
      await factor.give();
      return addPasskey(name, factor.asks ? undefined : password);
    },
    stale,
    done: (made: Passkey) => `${made.name} signs you in from now on.`,
    onDone: onClose,
  });
  return (
    <FormDialog title="Add a passkey" action="Continue" change={change} disabled={factor.isPending} onClose={onClose}>
      <NameField value={name} onChange={setName} />
      {factor.field}
      {!factor.isPending && !factor.asks && (
        <PasswordField
          label="Your password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      <p className="text-12 text-faint">Then your browser asks where to keep the passkey.</p>
    </FormDialog>
  );
}

function Rename({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const [name, setName] = useState(passkey.name);
  const change = useChange({ ask: () => renamePasskey(passkey.id, name), stale: [keys.passkeys], onDone: onClose });
  return (
    <FormDialog
      title="Rename the passkey" action="Rename" change={change} disabled={name.trim() === passkey.name} onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
    </FormDialog>
  );
}

function Remove({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const factor = useStepUp();
  const change = useChange({
    ask: async () => {
      await factor.give();
      await removePasskey(passkey.id);
    },
    stale,
    done: `${passkey.name} opens nothing any more.`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Remove ${passkey.name}?`} action="Remove" tone="danger" change={change} disabled={factor.isPending}
      onClose={onClose}
    >
      <p className="text-muted">It signs you in no more. Your device may go on showing it until you delete it there too.</p>
      {factor.field}
    </FormDialog>
  );
}

function NameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  return (
    <TextField
      label="Name"
      required
      maxLength={100}
      hint="By which you tell it from your others."
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

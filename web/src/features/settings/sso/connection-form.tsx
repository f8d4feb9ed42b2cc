'use client';

import { useState } from 'react';
import { createSsoConnection, updateSsoConnection } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import type { SsoConnection } from '@/api/types';
import { groupRolesOf, groupRolesText } from '@/lib/group-roles';
import { CheckField, PasswordField, TextAreaField, TextField } from '@/ui/field';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';

/** Makes a connection, or changes one. */
export function ConnectionForm({ connection, onClose }: { connection?: SsoConnection; onClose: () => void }) {
  const [name, setName] = useState(connection?.name ?? '');
  const [issuer, setIssuer] = useState(connection?.issuer ?? '');
  const [clientId, setClientId] = useState(connection?.clientId ?? '');
  const [clientSecret, setClientSecret] = useState('');
  const [scopes, setScopes] = useState(connection?.scopes ?? 'openid email profile');
  const [groups, setGroups] = useState(groupRolesText(connection?.groupRoles ?? []));
  const [defaultRole, setDefaultRole] = useState(connection?.defaultRole ?? '');
  const [provisioning, setProvisioning] = useState(connection?.provisioning ?? false);
  const [enforced, setEnforced] = useState(connection?.enforced ?? false);
  const [enabled, setEnabled] = useState(connection?.enabled ?? true);
  const [acceptsSecondFactor, setAcceptsSecondFactor] = useState(connection?.acceptsSecondFactor ?? false);
  const settings = {
    name: name.trim(), issuer: issuer.trim(), clientId: clientId.trim(), scopes: scopes.trim(),
    groupRoles: groupRolesOf(groups), defaultRole: defaultRole.trim(), provisioning, enforced, enabled, acceptsSecondFactor,
    ...(clientSecret ? { clientSecret } : {}),
  };
  const change = useChange({
    ask: () =>
      connection
        ? updateSsoConnection(connection.id, { ...settings, revision: connection.revision })
        : createSsoConnection(settings),
    stale: [settingsKeys.ssoConnections],
    done: (made) => `${made.name} is ${connection ? 'changed' : 'there'}.`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={connection ? `Edit ${connection.name}` : 'New connection'}
      action={connection ? 'Save changes' : 'Create connection'}
      change={change}
      onClose={onClose}
    >
      {connection && <Addresses connection={connection} />}
      <TextField label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      <TextField
        label="Issuer"
        type="url"
        required
        maxLength={500}
        className="num"
        hint="As the provider writes it in its metadata, to the letter."
        value={issuer}
        onChange={(event) => setIssuer(event.target.value)}
      />
      <TextField label="Client id" required maxLength={500} className="num" value={clientId} onChange={(event) => setClientId(event.target.value)} />
      <PasswordField
        label={connection ? 'Another client secret (optional)' : 'Client secret'}
        what="secret"
        required={!connection}
        maxLength={2_000}
        autoComplete="off"
        hint="Sealed before it is stored; nobody can read it again."
        value={clientSecret}
        onChange={(event) => setClientSecret(event.target.value)}
      />
      <TextField label="Scopes" required maxLength={500} className="num" value={scopes} onChange={(event) => setScopes(event.target.value)} />
      <TextAreaField
        label="Groups and their roles (optional)"
        rows={3}
        className="num"
        spellCheck={false}
        hint="One to a line, as makers=developer. The first that fits counts, at every sign-in."
        value={groups}
        onChange={(event) => setGroups(event.target.value)}
      />
      <TextField
        label="Role of everybody else (optional)"
        maxLength={40}
        className="num"
        hint="Without one, whoever is in none of the groups is refused."
        value={defaultRole}
        onChange={(event) => setDefaultRole(event.target.value)}
      />
      <CheckField
        label="Make accounts"
        hint="Whoever has none gets one at the first sign-in."
        checked={provisioning}
        onChange={(event) => setProvisioning(event.target.checked)}
      />
      <CheckField
        label="Refuse passwords"
        hint="Of members in the verified domains. Owners can still use theirs, so that nobody is locked out."
        checked={enforced}
        onChange={(event) => setEnforced(event.target.checked)}
      />
      <CheckField
        label="Accept the provider's second factor"
        hint="Where it says that one was given, none is asked for here."
        checked={acceptsSecondFactor}
        onChange={(event) => setAcceptsSecondFactor(event.target.checked)}
      />
      <CheckField label="In use" hint="Off, nobody signs in through it." checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />
    </FormDialog>
  );
}

/** What has to be registered at the provider. */
function Addresses({ connection }: { connection: SsoConnection }) {
  const rows = [
    ['Redirect address', connection.redirectUri],
    ['After signing out', connection.postLogoutRedirectUri],
    ['Back-channel logout', connection.backchannelLogoutUri],
    ['Link for people', connection.signInUrl],
  ];
  return (
    <dl className="space-y-1 rounded-md border p-3 text-12">
      {rows.map(([what, address]) => (
        <div key={what}>
          <dt className="text-muted">{what}</dt>
          <dd className="num break-all">{address}</dd>
        </div>
      ))}
    </dl>
  );
}

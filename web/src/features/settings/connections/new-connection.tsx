'use client';

import { useState } from 'react';
import { useCanForTenant } from '@/api/permissions';
import { createConnection } from '@/api/settings-calls';
import { settingsKeys } from '@/api/settings-queries';
import { useChange } from '@/features/change';
import { FormDialog } from '@/features/form-dialog';
import { ProjectField, useProjectChoice } from '@/features/project-field';
import { useNavigate } from '@/lib/nav';
import { CheckField, SelectField, TextAreaField, TextField } from '@/ui/field';
import { connectionKinds, connectionOf, noValues, type ConnectionKind, type ConnectionValues } from './connection-values';

const nameRule = 'Lowercase letters, digits and underscores, at most 32, beginning with a letter. The names of its tools begin so.';
const urlMax = 2_048;

export function NewConnection({ onClose }: { onClose: () => void }) {
  const { go } = useNavigate();
  const [values, setValues] = useState(noValues);
  const choice = useProjectChoice('connections:write');
  const change = useChange({
    ask: () => createConnection(connectionOf(values), choice.project),
    stale: [settingsKeys.connections, settingsKeys.projects, ['tools']],
    done: ({ name }) => `${name} is there.`,
    onDone: ({ name }) => go(`/settings/connections/${encodeURIComponent(name)}`),
  });
  const set = (some: Partial<ConnectionValues>) => setValues({ ...values, ...some });
  return (
    <FormDialog title="New connection" action="Create connection" change={change} onClose={onClose}>
      <WordField
        label="Name"
        value={values.name}
        hint={nameRule}
        required
        pattern="[a-z]([a-z0-9_]{0,30}[a-z0-9])?"
        maxLength={32}
        onChange={(name) => set({ name })}
      />
      <SelectField
        label="Kind"
        value={values.kind}
        onChange={(event) => set({ kind: event.target.value as ConnectionKind })}
        options={Object.entries(connectionKinds).map(([value, label]) => ({ value, label }))}
      />
      {values.kind === 'mcp-http' && <McpHttpFields values={values} set={set} />}
      {values.kind === 'mcp-stdio' && <McpStdioFields values={values} set={set} />}
      {values.kind === 'openapi' && <OpenApiFields values={values} set={set} />}
      <ProjectField choice={choice} />
    </FormDialog>
  );
}

interface FieldsProps {
  values: ConnectionValues;
  set: (some: Partial<ConnectionValues>) => void;
}

function McpHttpFields({ values, set }: FieldsProps) {
  return (
    <>
      <WordField
        label="Address"
        type="url"
        value={values.url}
        hint="As https://mcp.example.com/mcp."
        required
        maxLength={urlMax}
        onChange={(url) => set({ url })}
      />
      <SecretField values={values} set={set} />
      <SamplingField values={values} set={set} />
    </>
  );
}

function McpStdioFields({ values, set }: FieldsProps) {
  const mayName = useMayNameSecrets();
  return (
    <>
      <LinesField
        label="Command"
        value={values.command}
        hint="The program and each of its arguments on a line of its own. It has no network."
        required
        onChange={(command) => set({ command })}
      />
      <WordField
        label="Folder (optional)"
        value={values.files}
        hint="One with the program, by the name the operator gave it. It is /workspace, read-only."
        maxLength={64}
        onChange={(files) => set({ files })}
      />
      {mayName && (
        <LinesField
          label="Variables (optional)"
          value={values.environment}
          hint="One to a line, as NOTES_TOKEN=notes: the variable, and the name of a secret that the operator lets programs have."
          onChange={(environment) => set({ environment })}
        />
      )}
      <SamplingField values={values} set={set} />
    </>
  );
}

function OpenApiFields({ values, set }: FieldsProps) {
  return (
    <>
      <WordField
        label="Address of the document"
        type="url"
        value={values.url}
        hint="As https://api.example.com/openapi.json. It is fetched again when the connection is refreshed."
        maxLength={urlMax}
        required={values.document.trim() === ''}
        onChange={(url) => set({ url })}
      />
      <LinesField
        label="Or the document itself"
        value={values.document}
        hint="OpenAPI 3.0 or 3.1, as JSON or YAML. It is kept, and not shown again."
        onChange={(document) => set({ document })}
      />
      <WordField
        label="Server (optional)"
        type="url"
        value={values.server}
        hint="Where the API is, if not at the first server of its document."
        maxLength={urlMax}
        onChange={(server) => set({ server })}
      />
      <SecretField values={values} set={set} />
      <div className="grid gap-4 sm:grid-cols-2">
        <LinesField
          label="Only these tags (optional)"
          value={values.tags}
          hint="One to a line."
          onChange={(tags) => set({ tags })}
        />
        <LinesField
          label="Only these operations (optional)"
          value={values.operations}
          hint="One operationId to a line."
          onChange={(operations) => set({ operations })}
        />
      </div>
    </>
  );
}

/** Secrets are the tenant's: who may write connections in a project alone names none, unless they see which there are. */
function useMayNameSecrets() {
  const mayWriteAll = useCanForTenant('connections:write');
  return useCanForTenant('secrets:read') || mayWriteAll;
}

function SecretField({ values, set }: FieldsProps) {
  if (!useMayNameSecrets()) return null;
  return (
    <WordField
      label="Secret (optional)"
      value={values.secret}
      hint="By its name. It is added to requests that go to its hosts, and no model sees it."
      maxLength={63}
      onChange={(secret) => set({ secret })}
    />
  );
}

function SamplingField({ values, set }: FieldsProps) {
  return (
    <CheckField
      label="Let the server use the run's model"
      hint="Without tools, on the budget of the run."
      checked={values.allowSampling}
      onChange={(event) => set({ allowSampling: event.target.checked })}
    />
  );
}

interface WordFieldProps {
  label: string;
  value: string;
  hint: string;
  onChange: (text: string) => void;
  required?: boolean;
}

/** A field for what a machine reads. */
function WordField({ onChange, ...field }: WordFieldProps & { type?: 'url'; pattern?: string; maxLength: number }) {
  return (
    <TextField
      {...field}
      title={field.pattern && field.hint}
      autoComplete="off"
      spellCheck={false}
      autoCapitalize="none"
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function LinesField({ onChange, ...field }: WordFieldProps) {
  return (
    <TextAreaField {...field} className="num" spellCheck={false} autoCapitalize="none" onChange={(event) => onChange(event.target.value)} />
  );
}

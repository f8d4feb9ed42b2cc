import { TextField } from '@/ui/field';

const pattern = '[a-z][a-z0-9\\-]{1,39}';
const rule = '2 to 40 lowercase letters, digits and hyphens, beginning with a letter. It stays as it is.';

/** The name of a role or a service account. */
export function NameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  return (
    <TextField
      label="Name"
      required
      pattern={pattern}
      maxLength={40}
      title={rule}
      hint={rule}
      autoComplete="off"
      spellCheck={false}
      autoCapitalize="none"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

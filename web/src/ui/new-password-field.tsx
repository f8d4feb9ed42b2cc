import { PasswordField } from './field';

const lengthMin = 8;
const lengthGood = 15;
const lengthMax = 128;

interface NewPasswordFieldProps {
  label?: string;
  name?: string;
  value: string;
  error?: string | null;
  onChange: (password: string) => void;
}

/** A password that is chosen, with a word on how good it is. What the server refuses besides, it says itself. */
export function NewPasswordField({ label = 'Password', name = 'password', value, error, onChange }: NewPasswordFieldProps) {
  return (
    <PasswordField
      label={label}
      what={label.toLowerCase()}
      name={name}
      autoComplete="new-password"
      required
      minLength={lengthMin}
      maxLength={lengthMax}
      value={value}
      error={error}
      hint={<span aria-live="polite">{hintOf(value)}</span>}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** One calm sentence about the password as it stands. */
function hintOf(password: string): string {
  const length = [...password].length;
  if (length === 0) return `At least ${lengthMin} characters; ${lengthGood} or more is recommended. A few plain words do well.`;
  if (length < lengthMin) return `${lengthMin - length} more to reach the least of ${lengthMin}.`;
  if (length < lengthGood) return `Accepted. ${lengthGood - length} more would make it strong.`;
  return `Good: ${length} characters.`;
}

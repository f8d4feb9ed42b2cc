'use client';

import { ChevronDown, Eye, EyeOff } from 'lucide-react';
import { useId, useState, type ComponentProps, type ReactNode } from 'react';
import { cx } from '@/lib/cx';

export const inputClass =
  'block w-full rounded-sm border border-line-strong bg-raised px-2.5 text-13 text-fg transition-colors duration-150 ' +
  'hover:border-faint focus:border-accent disabled:opacity-60 aria-invalid:border-bad max-md:text-[16px]';

interface FieldShellProps {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  /** Receives the ids the control must carry. */
  children: (wiring: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
  hideLabel?: boolean;
}

export function Field({ label, hint, error, children, hideLabel }: FieldShellProps) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={cx('mb-1 block text-12 font-medium text-muted', hideLabel && 'sr-only')}>
        {label}
      </label>
      {children({ id, 'aria-describedby': describedBy, ...(error ? { 'aria-invalid': true as const } : {}) })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-12 text-faint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1 text-12 text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<ComponentProps<'input'>, 'children'> & Omit<FieldShellProps, 'children'>;

export function TextField({ label, hint, error, hideLabel, className, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(wiring) => <input {...rest} {...wiring} className={cx(inputClass, 'h-9 coarse:h-11', className)} />}
    </Field>
  );
}

/** The email address of an account. */
export function EmailField(props: Omit<TextFieldProps, 'label'>) {
  return <TextField label="E-mail" type="email" name="email" autoComplete="username" required maxLength={254} {...props} />;
}

/** A code of an authenticator, or another that is good once. */
export function OneTimeCodeField(props: Omit<TextFieldProps, 'label'>) {
  return (
    <TextField
      label="Code"
      name="code"
      autoComplete="one-time-code"
      required
      maxLength={64}
      hint="Six digits from your authenticator, or one of your recovery codes."
      {...props}
    />
  );
}

type TextAreaFieldProps = Omit<ComponentProps<'textarea'>, 'children'> & Omit<FieldShellProps, 'children'>;

export function TextAreaField({ label, hint, error, hideLabel, className, ...rest }: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(wiring) => <textarea rows={3} {...rest} {...wiring} className={cx(inputClass, 'resize-y py-2', className)} />}
    </Field>
  );
}

type CheckFieldProps = Omit<ComponentProps<'input'>, 'type' | 'children'> & { label: string; hint?: ReactNode };

export function CheckField({ label, hint, ...rest }: CheckFieldProps) {
  const id = useId();
  return (
    <div className="flex gap-2.5 coarse:min-h-11 coarse:items-center">
      <input
        {...rest}
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-[3px] size-4 shrink-0 accent-accent coarse:mt-0 coarse:size-6"
      />
      <div className="min-w-0">
        <label htmlFor={id}>{label}</label>
        {hint && <p id={`${id}-hint`} className="text-12 text-faint">{hint}</p>}
      </div>
    </div>
  );
}

type PasswordFieldProps = Omit<TextFieldProps, 'type' | 'hideLabel'> & {
  /** What is hidden. */
  what?: string;
};

export function PasswordField({ label, hint, error, what = 'password', ...rest }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <div className="relative">
          <input
            {...rest}
            {...wiring}
            type={shown ? 'text' : 'password'}
            spellCheck={false}
            autoCapitalize="none"
            className={cx(inputClass, 'h-9 pr-11 coarse:h-11')}
          />
          <button
            type="button"
            aria-label={`${shown ? 'Hide' : 'Show'} ${what}`}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0 right-0 flex w-10 items-center justify-center rounded-sm text-muted hover:text-fg"
          >
            {shown ? <EyeOff aria-hidden size={15} /> : <Eye aria-hidden size={15} />}
          </button>
        </div>
      )}
    </Field>
  );
}

type SelectFieldProps = Omit<ComponentProps<'select'>, 'children'> & {
  label: string;
  hint?: ReactNode;
  hideLabel?: boolean;
  options: { value: string; label: string; disabled?: boolean }[];
};

/** The platform's own list: it works with every keyboard, screen reader and thumb. */
export function SelectField({ label, hint, hideLabel, options, className, ...rest }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} hideLabel={hideLabel}>
      {(wiring) => (
        <div className="relative">
          <select
            {...rest}
            {...wiring}
            className={cx(inputClass, 'h-8 appearance-none truncate pr-8 coarse:h-11', className)}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value} disabled={option.disabled}>
                {option.label}
              </option>
            ))}
          </select>
          <ChevronDown
            aria-hidden
            size={14}
            className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-faint"
          />
        </div>
      )}
    </Field>
  );
}

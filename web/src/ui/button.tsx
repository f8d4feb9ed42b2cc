import { LoaderCircle } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from '@/lib/cx';

type Tone = 'primary' | 'plain' | 'quiet' | 'danger' | 'approve';

const tones: Record<Tone, string> = {
  primary: 'bg-accent text-accent-fg hover:brightness-110 font-medium',
  plain: 'border border-line-strong bg-raised text-fg hover:border-faint',
  quiet: 'text-muted hover:bg-hover hover:text-fg',
  danger: 'border border-bad/50 bg-raised text-bad hover:border-bad',
  approve: 'bg-ok text-canvas hover:brightness-110 font-medium',
};

const shape =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-sm whitespace-nowrap transition-[background,border-color,filter] ' +
  'duration-150 disabled:cursor-not-allowed disabled:opacity-55 coarse:min-h-11 h-8 px-3 text-13';

export function buttonClass(tone: Tone = 'plain', className?: string) {
  return cx(shape, tones[tone], className);
}

interface ButtonProps extends ComponentProps<'button'> {
  tone?: Tone;
  /** Shows a spinner and refuses presses, while the name stays what it was. */
  busy?: boolean;
  icon?: ReactNode;
}

export function Button({ tone = 'plain', busy = false, icon, children, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={buttonClass(tone, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <LoaderCircle aria-hidden size={14} className="animate-spin" /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  label: string;
  icon: ReactNode;
}

export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-sm text-muted transition-colors duration-150',
        'hover:bg-hover hover:text-fg disabled:opacity-50 coarse:size-11',
        className,
      )}
      {...rest}
    >
      {icon}
    </button>
  );
}

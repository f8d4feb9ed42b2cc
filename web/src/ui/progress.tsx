import { cx } from '@/lib/cx';

interface ProgressBarProps {
  /** From 0 to 1; null while nobody knows. */
  share: number | null;
  label: string;
  className?: string;
}

/** The platform's own bar: it needs no style in the page, and says by itself how far it is. */
export function ProgressBar({ share, label, className }: ProgressBarProps) {
  return (
    <progress
      aria-label={label}
      max={1}
      value={share ?? undefined}
      className={cx(
        'block h-1.5 appearance-none overflow-hidden rounded-full border-0 bg-line',
        '[&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:bg-run',
        '[&::-moz-progress-bar]:bg-run',
        className,
      )}
    />
  );
}

/** Never more than has been done: 99.9 % is not 100 %. */
export const percent = (share: number) => `${Math.floor(share * 100)} %`;

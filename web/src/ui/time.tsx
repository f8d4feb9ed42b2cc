'use client';

import { useNow } from '@/lib/clock';
import { formatAgo, formatDateTime, formatDuration, formatLeft } from '@/lib/format';

export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatDateTime(at)} className="num whitespace-nowrap">
      {formatAgo(Date.parse(at), now)}
    </time>
  );
}

/** The time something took, or has taken so far. */
export function Elapsed({ from, to }: { from: string | null; to: string | null }) {
  const now = useNow(from !== null && to === null);
  if (from === null) return <span className="text-faint">—</span>;
  const ms = (to === null ? now : Date.parse(to)) - Date.parse(from);
  // A running figure shows whole seconds: tenths that jump by ten are noise.
  return <span className="num whitespace-nowrap">{to === null ? formatDuration(Math.max(1000, Math.floor(ms / 1000) * 1000)).replace('.0', '') : formatDuration(ms)}</span>;
}

export function Left({ until }: { until: string }) {
  const now = useNow();
  const left = formatLeft(Date.parse(until), now);
  return (
    <time dateTime={until} title={formatDateTime(until)} className="num whitespace-nowrap">
      {left === null ? 'expired' : `${left} left`}
    </time>
  );
}

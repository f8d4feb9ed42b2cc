/** The mark: one line that passes through three gates. */
export function Brand({ size = 18 }: { size?: number }) {
  return (
    <span className="inline-flex items-center gap-2">
      <svg aria-hidden width={size} height={size} viewBox="0 0 18 18" fill="none" className="shrink-0">
        <rect x="0.75" y="0.75" width="16.5" height="16.5" rx="4.25" strokeWidth="1.5" className="stroke-line-strong" />
        <path d="M3.5 9h11" strokeWidth="1.5" strokeLinecap="round" className="stroke-accent" />
        <path d="M5.5 6v6M9 4.5v9M12.5 6v6" strokeWidth="1.5" strokeLinecap="round" className="stroke-fg" />
      </svg>
      <span className="text-13 font-semibold tracking-[-0.01em]">CodexOS</span>
    </span>
  );
}

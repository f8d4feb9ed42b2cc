export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="num inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line-strong px-1 text-11 text-muted">
      {children}
    </kbd>
  );
}

'use client';

import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { IconButton } from './button';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** The title is read but not shown. */
  hideTitle?: boolean;
  /** There is no cross: only what the footer offers closes it. */
  noClose?: boolean;
  children: ReactNode;
  footer?: ReactNode;
  className?: string;
}

/**
 * The browser's own modal dialog: focus stays inside, Escape closes, the page behind is inert, and focus goes
 * back to where it was. It needs no injected style, which the content security policy would refuse.
 */
export function Dialog({ open, onClose, title, hideTitle, noClose, children, footer, className }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || !open) return;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, [open]);

  if (!open) return null;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a press on the backdrop; the keyboard has Escape
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
      onKeyDown={(event) => {
        // Asked twice, a browser closes a dialog whatever was said to its cancel event.
        if (noClose && event.key === 'Escape') event.preventDefault();
      }}
      className={cx('w-[min(480px,calc(100vw-32px))] rounded-lg bg-surface shadow-overlay', className)}
    >
      <div className={cx(hideTitle ? 'sr-only' : 'flex items-center gap-3 border-b px-4 py-2')}>
        <h2 id={titleId} className="flex-1 text-15 font-semibold">
          {title}
        </h2>
        {!hideTitle && !noClose && <IconButton label="Close" icon={<X aria-hidden size={15} />} onClick={onClose} />}
      </div>
      {children}
      {footer && <div className="flex flex-wrap justify-end gap-2 border-t px-4 py-3">{footer}</div>}
    </dialog>
  );
}

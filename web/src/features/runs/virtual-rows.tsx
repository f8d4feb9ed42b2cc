'use client';

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { Row } from './timeline-groups';

interface VirtualRowsProps {
  items: readonly Row[];
  row: (item: Row) => ReactNode;
}

/** A long timeline: only the rows in sight are in the page, whatever their height. */
export default function VirtualRows({ items, row }: VirtualRowsProps) {
  const box = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (box.current) setTop(box.current.getBoundingClientRect().top + window.scrollY);
  }, []);
   
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => 37,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => items[index]?.key ?? index,
  });
  const rows = virtual.getVirtualItems();
  return (
    <ol ref={box} className="relative" style={{ height: virtual.getTotalSize() }}>
      {rows.map((place) => {
        const item = items[place.index];
        return (
          item && (
            <li
              key={place.key}
              ref={virtual.measureElement}
              data-index={place.index}
              aria-setsize={items.length}
              aria-posinset={place.index + 1}
              className="absolute inset-x-0 top-0 border-b"
              style={{ transform: `translateY(${place.start - top}px)` }}
            >
              {row(item)}
            </li>
          )
        );
      })}
    </ol>
  );
}

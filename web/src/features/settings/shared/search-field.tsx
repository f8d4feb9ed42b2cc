'use client';

import { useEffect, useState } from 'react';
import { TextField } from '@/ui/field';

const quietMs = 250;

interface SearchFieldProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
  /** Otherwise the label is what stands in the empty field. */
  showLabel?: boolean;
}

/** A search that begins when the typing stops. */
export function SearchField({ label, value, onSearch, showLabel = false }: SearchFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onSearch(text.trim()), quietMs);
    return () => clearTimeout(timer);
  }, [text, value, onSearch]);
  return (
    <TextField
      label={label}
      hideLabel={!showLabel}
      type="search"
      placeholder={showLabel ? undefined : label}
      maxLength={254}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

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
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState(value);
  // What is searched for was changed elsewhere, as by "Clear filters"; not by what was typed here a moment ago.
  if (value !== seen) {
    setSeen(value);
    if (value !== sent) setText(value);
  }
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === value) return;
    const timer = setTimeout(() => {
      setSent(wanted);
      onSearch(wanted);
    }, quietMs);
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

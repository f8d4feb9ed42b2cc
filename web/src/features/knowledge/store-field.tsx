'use client';

import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { storesQuery } from '@/api/knowledge-queries';
import { SelectField } from '@/ui/field';
import { storeOptions } from './vectors';

interface StoreFieldProps {
  value: string;
  hint: string;
  onChange: (store: string) => void;
}

/** Where vectors are to lie: one of the stores that this server has. */
export function StoreField({ value, hint, onChange }: StoreFieldProps) {
  const stores = useQuery(storesQuery());
  const told = stores.error && !stores.data
    ? `The others cannot be listed: ${messageOf(stores.error)}`
    : stores.data?.length === 1
      ? 'There is no other: the operator has set up neither Chroma nor pgvector.'
      : hint;
  return (
    <SelectField
      label="Store"
      value={value}
      hint={told}
      onChange={(event) => onChange(event.target.value)}
      options={storeOptions(stores.data ?? [{ name: value, kind: null }], value)}
    />
  );
}

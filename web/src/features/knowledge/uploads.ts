import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import { addDocument } from '@/api/knowledge-calls';
import { knowledgeKeys } from '@/api/knowledge-queries';
import type { AddedDocument } from '@/api/knowledge-types';

/** The most files that are taken at once; the rest is left, and said so. */
export const filesMax = 500;

export interface Upload {
  key: number;
  file: File;
  state: 'waiting' | 'sending' | AddedDocument['change'] | 'refused';
  /** Why it was refused. */
  problem: string | null;
}

export const isUnderWay = (upload: Upload) => upload.state === 'waiting' || upload.state === 'sending';

export type Uploads = ReturnType<typeof useUploads>;

/** Sends files one after another. Leaving the page stops it: what was not sent is not sent. */
export function useUploads(base: string) {
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const queue = useRef<Upload[]>([]);
  const isSending = useRef(false);
  const nextKey = useRef(1);
  const leaving = useRef<AbortController | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => {
      queue.current = [];
      controller.abort();
    };
  }, []);

  const change = (key: number, changes: Partial<Upload>) =>
    setUploads((before) => before.map((each) => (each.key === key ? { ...each, ...changes } : each)));

  const send = async () => {
    if (isSending.current) return;
    isSending.current = true;
    for (let next = queue.current.shift(); next; next = queue.current.shift()) {
      const { key, file } = next;
      change(key, { state: 'sending' });
      try {
        change(key, { state: (await addDocument(base, file, leaving.current?.signal)).change });
        void client.invalidateQueries({ queryKey: knowledgeKeys.base(base) });
      } catch (error) {
        change(key, { state: 'refused', problem: messageOf(error) });
      }
    }
    isSending.current = false;
    void client.invalidateQueries({ queryKey: knowledgeKeys.bases });
  };

  const add = (files: readonly File[]) => {
    const added = files.slice(0, filesMax).map((file): Upload => ({ key: nextKey.current++, file, state: 'waiting', problem: null }));
    queue.current.push(...added);
    setUploads((before) => [...before.filter(isUnderWay), ...added]);
    void send();
  };

  return { uploads, add, clear: () => setUploads((before) => before.filter(isUnderWay)) };
}

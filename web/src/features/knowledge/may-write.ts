import { useCanOn } from '@/api/permissions';

/** Whether to offer changes of a base and of what is in it. */
export const useMayWrite = (base: string) => useCanOn('knowledge:write', `knowledge:${base}`);

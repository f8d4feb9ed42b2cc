import { asText, isRecord } from './json';

export interface JsonChange {
  /** Where it is, for instance `steps[t1].phase`. */
  path: string;
  /** Undefined where there was nothing. */
  before: unknown;
  after: unknown;
}

const names = ['step', 'callId', 'id', 'name'];

/**
 * Compares JSON by what it means: the order of members is nothing, items of a list that have a name are compared with
 * the item of that name, and what both lists begin and end with is no difference.
 */
export function jsonChanges(before: unknown, after: unknown, path = ''): JsonChange[] {
  if (Array.isArray(before) && Array.isArray(after)) return itemChanges(before, after, path);
  if (isRecord(before) && isRecord(after)) {
    const inner = (name: string) => (path === '' ? name : `${path}.${name}`);
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      jsonChanges(before[name], after[name], inner(name)),
    );
  }
  return isSame(before, after) ? [] : [{ path, before, after }];
}

function itemChanges(before: unknown[], after: unknown[], path: string): JsonChange[] {
  const name = names.find((each) => isNamedBy(before, each) && isNamedBy(after, each));
  if (name !== undefined && before.length + after.length > 0) {
    const byName = (items: unknown[]) => new Map(items.map((item) => [(item as Record<string, string>)[name], item]));
    const [one, other] = [byName(before), byName(after)];
    return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
      jsonChanges(one.get(key), other.get(key), `${path}[${key}]`),
    );
  }
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && isSame(before[from], after[from])) from++;
  let end = 0;
  while (end < shorter - from && isSame(before[before.length - 1 - end], after[after.length - 1 - end])) end++;
  const changes: JsonChange[] = [];
  for (let at = from; at < Math.max(before.length, after.length) - end; at++) {
    const one = at < before.length - end ? before[at] : undefined;
    const other = at < after.length - end ? after[at] : undefined;
    changes.push(...jsonChanges(one, other, `${path}[${at}]`));
  }
  return changes;
}

function isNamedBy(items: unknown[], name: string): boolean {
  const found = items.map((item) => (isRecord(item) ? asText(item[name]) : null));
  return !found.includes(null) && new Set(found).size === found.length;
}

/** Whether two values mean the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => isSame(item, other[at]));
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && isSame(one[key], other[key]));
}

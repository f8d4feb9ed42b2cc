import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isIncluded, rootOf } from './inclusion';

const sha = (...parts: (Uint8Array | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const digest = async (bytes: Uint8Array) => Uint8Array.from(sha(bytes));

/** The tree of RFC 9162, section 2.1.1, written down as it is defined there. */
function treeOf(leaves: string[]): Buffer {
  if (leaves.length === 1) return sha(Uint8Array.of(0), leaves[0]!);
  const split = splitOf(leaves.length);
  return sha(Uint8Array.of(1), treeOf(leaves.slice(0, split)), treeOf(leaves.slice(split)));
}

/** The proof of section 2.1.3.1. */
function pathOf(index: number, leaves: string[]): Buffer[] {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...pathOf(index, leaves.slice(0, split)), treeOf(leaves.slice(split))]
    : [...pathOf(index - split, leaves.slice(split)), treeOf(leaves.slice(0, split))];
}

const splitOf = (size: number) => 2 ** Math.floor(Math.log2(size - 1));

function proofOf(index: number, size: number) {
  const leaves = Array.from({ length: size }, (_, at) => `entry ${at}`);
  return {
    index, treeSize: size, leaf: leaves[index]!, hashes: pathOf(index, leaves).map((hash) => hash.toString('base64')),
    checkpoint: `log\n${size}\n${treeOf(leaves).toString('base64')}\n\n— log AAAA\n`,
  };
}

describe('isIncluded', () => {
  it('follows every entry of every tree up to 20 entries to its root', async () => {
    for (let size = 1; size <= 20; size++)
      for (let index = 0; index < size; index++)
        expect(await isIncluded(proofOf(index, size), digest), `${index} of ${size}`).toBe(true);
  });

  it('refuses another leaf, another place, another size, and a way that is cut or too long', async () => {
    const proof = proofOf(5, 11);
    expect(await isIncluded({ ...proof, leaf: 'entry 6' }, digest)).toBe(false);
    expect(await isIncluded({ ...proof, index: 4 }, digest)).toBe(false);
    expect(await isIncluded({ ...proof, treeSize: 12 }, digest)).toBe(false);
    expect(await rootOf({ ...proof, hashes: proof.hashes.slice(1) }, digest)).toBeNull();
    expect(await rootOf({ ...proof, hashes: [...proof.hashes, proof.hashes[0]!] }, digest)).toBeNull();
    expect(await rootOf({ ...proof, index: 11 }, digest)).toBeNull();
  });
});

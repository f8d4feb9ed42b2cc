// A Merkle tree as RFC 9162, section 2.1, defines it: small enough to be made anew for each answer.
import { createHash } from 'node:crypto';

const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const splitOf = (size) => 2 ** Math.floor(Math.log2(size - 1));
const parts = (leaves) => [leaves.slice(0, splitOf(leaves.length)), leaves.slice(splitOf(leaves.length))];

export const leafHash = (leaf) => sha(Uint8Array.of(0), leaf);

export function rootOf(leaves) {
  if (leaves.length === 1) return leafHash(leaves[0]);
  return sha(Uint8Array.of(1), ...parts(leaves).map(rootOf));
}

/** The hashes that lead from a leaf to the root. */
export function pathOf(index, leaves) {
  if (leaves.length === 1) return [];
  const [left, right] = parts(leaves);
  return index < left.length
    ? [...pathOf(index, left), rootOf(right)]
    : [...pathOf(index - left.length, right), rootOf(left)];
}

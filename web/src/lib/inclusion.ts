// Whether an entry is in a log: RFC 9162, section 2.1.3.2, on what `GET /audit/{id}/proof` answers.

export interface InclusionProof {
  index: number;
  treeSize: number;
  leaf: string;
  /** From the leaf's neighbour up to the root's, in base64. */
  hashes: readonly string[];
  /** The signed note, whose third line is the root. */
  checkpoint: string;
}

type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/** The root that a leaf and its proof lead to, in base64; null if there is no such way up a tree of that size. */
export async function rootOf(proof: InclusionProof, digest: Digest): Promise<string | null> {
  const { index, treeSize, leaf, hashes } = proof;
  if (index < 0 || index >= treeSize) return null;
  let node = index;
  let last = treeSize - 1;
  let root = await digest(join([0], new TextEncoder().encode(leaf)));
  for (const text of hashes) {
    if (last === 0) return null;
    const neighbour = bytesOf(text);
    if (node % 2 === 1 || node === last) {
      root = await digest(join([1], neighbour, root));
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      root = await digest(join([1], root, neighbour));
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? btoa(String.fromCharCode(...root)) : null;
}

/** Whether the entry is in the tree that the checkpoint was signed for. The signature itself is not looked at. */
export async function isIncluded(proof: InclusionProof, digest: Digest): Promise<boolean> {
  const [, size, root] = proof.checkpoint.split('\n');
  return Number(size) === proof.treeSize && root === (await rootOf(proof, digest));
}

/** SHA-256 of the browser, or null where it has none: on plain HTTP from another machine. */
export const sha256: Digest | null =
  typeof crypto !== 'undefined' && crypto.subtle
    ? async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    : null;

const half = (value: number) => Math.floor(value / 2);

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

function join(prefix: number[], ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...prefix, ...parts.flatMap((part) => [...part])]);
}

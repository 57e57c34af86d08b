import { nodeHash } from './hash.js';

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const odd = (n: number) => n % 2 === 1;
const half = (n: number) => Math.floor(n / 2);

export interface InclusionClaim {
  index: number;
  size: number;
  leafHash: Uint8Array;
  hashes: Uint8Array[];
  root: Uint8Array;
}

/** True when the proof shows that the leaf is at that index of the tree with that root (RFC 9162 section 2.1.3.2). Never throws. */
export function verifyInclusion({ index, size, leafHash, hashes, root }: InclusionClaim): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let result: Uint8Array = leafHash;
  for (const hash of hashes) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      result = nodeHash(hash, result);
      while (!odd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      result = nodeHash(result, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(result, root);
}

export interface ConsistencyClaim {
  from: number;
  to: number;
  fromRoot: Uint8Array;
  toRoot: Uint8Array;
  hashes: Uint8Array[];
}

/** True when the proof shows that the tree of `to` leaves begins with the tree of `from` leaves (RFC 9162 section 2.1.4.2). Never throws. */
export function verifyConsistency({ from, to, fromRoot, toRoot, hashes }: ConsistencyClaim): boolean {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from <= 0 || from > to) return false;
  if (from === to) return hashes.length === 0 && same(fromRoot, toRoot);
  let fn = from - 1;
  let sn = to - 1;
  while (odd(fn)) [fn, sn] = [half(fn), half(sn)];
  // A complete old tree is a node of the new one, so its root is not repeated in the proof.
  const [first, ...rest] = fn === 0 ? [fromRoot, ...hashes] : hashes;
  if (first === undefined) return false;
  let oldRoot: Uint8Array = first;
  let newRoot: Uint8Array = first;
  for (const hash of rest) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      oldRoot = nodeHash(hash, oldRoot);
      newRoot = nodeHash(hash, newRoot);
      while (!odd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newRoot = nodeHash(newRoot, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(oldRoot, fromRoot) && same(newRoot, toRoot);
}

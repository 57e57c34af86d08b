import { EMPTY_ROOT, leafHash, nodeHash } from './hash.js';

/** Computes the RFC 6962 root of leaves as they come, in memory that grows with the logarithm of their number. */
export class RootBuilder {
  /** Roots of the complete subtrees so far, largest first: one per set bit of the size. */
  private readonly range: Buffer[] = [];
  private count = 0;

  /** Leaves appended so far. */
  get size(): number {
    return this.count;
  }

  /** Appends the leaf whose content is given. */
  append(leafBytes: Uint8Array): void {
    this.appendHash(leafHash(leafBytes));
  }

  /** Appends the leaf whose hash is given. */
  appendHash(hash: Buffer): void {
    let carried = hash;
    for (let rest = this.count; rest % 2 === 1; rest = (rest - 1) / 2) carried = nodeHash(this.range.pop() as Buffer, carried);
    this.range.push(carried);
    this.count += 1;
  }

  /** The root over all leaves so far; more may follow. */
  root(): Buffer {
    return this.range.length === 0 ? EMPTY_ROOT : this.range.reduceRight((right, left) => nodeHash(left, right));
  }
}

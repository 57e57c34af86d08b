import { Problem } from '@reenact/contracts';

export interface ByteRange {
  start: number;
  /** Exclusive. */
  end: number;
}

/** The one range of a `Range` header (RFC 9110), or undefined for none and for units and lists that may be ignored. */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1], match[2]];
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || end <= start) {
    throw new Problem('range_not_satisfiable', { detail: `The content has ${size} bytes`, members: { size } });
  }
  return { start, end };
}

import type { BlobReference } from '@reenact/contracts';
import { type RestartPoint, restartBefore } from '@reenact/pipeline';

type Place = Pick<BlobReference, 'range' | 'unpackedRange'>;

/** Where bytes of an archive are: in the blob, or in what the blob gives, from the last place before them on, when it is gunzipped. */
export function placeOf(
  blob: { compressed: boolean; size: number },
  bytes: { start: number; end: number },
  restarts: readonly RestartPoint[] = [],
): Place {
  if (!blob.compressed) return { range: bytes };
  const [packed, unpacked] = restartBefore(restarts, bytes.start);
  const unpackedRange = { start: bytes.start - unpacked, end: bytes.end - unpacked };
  return { ...(packed > 0 && { range: { start: packed, end: blob.size } }), unpackedRange };
}

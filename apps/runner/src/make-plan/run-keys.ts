/** Where what a run leaves is kept in the object store. */
export const runKeys = (replayId: string) => ({
  plan: `runs/${replayId}/plan.ndjson`,
  payloads: `runs/${replayId}/payloads.bin`,
  /** Where each action's line and payload begin: two 64-bit big-endian offsets per action. */
  index: `runs/${replayId}/index.bin`,
  report: `runs/${replayId}/report.json`,
  auditReport: `runs/${replayId}/report.audit_v1.json`,
});

export const INDEX_ENTRY_BYTES = 16;

export interface IndexEntry {
  line: number;
  payload: number;
}

export function encodeIndexEntry({ line, payload }: IndexEntry): Buffer {
  const bytes = Buffer.allocUnsafe(INDEX_ENTRY_BYTES);
  bytes.writeBigUInt64BE(BigInt(line), 0);
  bytes.writeBigUInt64BE(BigInt(payload), 8);
  return bytes;
}

export function decodeIndexEntry(bytes: Buffer): IndexEntry {
  return { line: Number(bytes.readBigUInt64BE(0)), payload: Number(bytes.readBigUInt64BE(8)) };
}

/**
 * What a run leaves in the object store: two objects, since each costs a durable write. The first is a plan with its payloads, the
 * second the report in both its forms.
 */
export const planKey = (replayId: string) => `plans/${replayId}`;
export const reportKey = (replayId: string) => `reports/${replayId}`;

/** Counts at the beginning of an object: 64 bits each, big-endian. */
const COUNT_BYTES = 8;
export const PLAN_HEAD_BYTES = 2 * COUNT_BYTES;
export const REPORT_HEAD_BYTES = COUNT_BYTES;
export const INDEX_ENTRY_BYTES = 2 * COUNT_BYTES;

/** How a plan's object is divided: this head, an entry per action, the actions as lines, the payloads. */
export interface PlanHead {
  actions: number;
  lineBytes: number;
}

/** Where an action's line and payload begin, each counted from the first one's. */
export interface IndexEntry {
  line: number;
  payload: number;
}

export const encodePlanHead = ({ actions, lineBytes }: PlanHead) => encode(actions, lineBytes);
export const encodeIndexEntry = ({ line, payload }: IndexEntry) => encode(line, payload);
/** How long the first form of the report is; the other one is the rest of the object. */
export const encodeReportHead = (size: number) => encode(size);

export function decodePlanHead(bytes: Buffer): PlanHead {
  return { actions: decode(bytes, 0), lineBytes: decode(bytes, 1) };
}

export function decodeIndexEntry(bytes: Buffer): IndexEntry {
  return { line: decode(bytes, 0), payload: decode(bytes, 1) };
}

export function decodeReportHead(bytes: Buffer): number {
  return decode(bytes, 0);
}

export const entryStart = (index: number) => PLAN_HEAD_BYTES + index * INDEX_ENTRY_BYTES;
export const linesStart = ({ actions }: PlanHead) => entryStart(actions);
export const payloadsStart = (head: PlanHead) => linesStart(head) + head.lineBytes;

function encode(...counts: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(counts.length * COUNT_BYTES);
  for (const [i, count] of counts.entries()) bytes.writeBigUInt64BE(BigInt(count), i * COUNT_BYTES);
  return bytes;
}

function decode(bytes: Buffer, i: number): number {
  return Number(bytes.readBigUInt64BE(i * COUNT_BYTES));
}

import { AUDIT_CATEGORIES, type AuditCategory, type AuditOutcome, defineRpc } from '../define.js';
import { Int, OneOf, Text, Time } from '../field.js';
import type { ConsistencyProof, InclusionProof, SealedEntry } from '../shapes/audit.js';
import { type Page, PageQuery } from '../shapes/common.js';

const ORG = 'org_01h455vb4pex5vsknk084sn02q';

/** A log: an organisation's id, or `-` for the installation's own. */
export class LogQuery {
  @Text({ min: 1, max: 64 }) log: string;
}

export class ListEntries extends PageQuery {
  @Text({ min: 1, max: 64 }) log: string;
  @Time({ optional: true }) from?: string;
  @Time({ optional: true }) to?: string;
  @Text({ max: 128, optional: true }) actor?: string;
  @Text({ max: 128, optional: true }) subject?: string;
  @Text({ max: 128, optional: true }) type?: string;
  @OneOf(AUDIT_CATEGORIES, { optional: true }) category?: AuditCategory;
  @OneOf(['allowed', 'denied', 'succeeded', 'failed'], { optional: true }) outcome?: AuditOutcome;
  @Text({ max: 128, optional: true }) correlationId?: string;
}
export const listEntries = defineRpc<Page<SealedEntry>>()({
  service: 'audit',
  noun: 'entry',
  verb: 'list',
  request: ListEntries,
  sample: { log: ORG },
});

export class ReadEntry extends LogQuery {
  @Int() index: number;
}
export const readEntry = defineRpc<SealedEntry>()({
  service: 'audit',
  noun: 'entry',
  verb: 'read',
  request: ReadEntry,
  sample: { log: ORG, index: 0 },
});

/** The newest signed checkpoint, a C2SP signed note. */
export const readCheckpoint = defineRpc<{ note: string; size: number; verifierKey: string }>()({
  service: 'audit',
  noun: 'checkpoint',
  verb: 'read',
  request: LogQuery,
  sample: { log: ORG },
});

export class ProveInclusion extends LogQuery {
  @Int() index: number;
  /** Default: the newest checkpoint's. */
  @Int({ min: 1, optional: true }) size?: number;
}
export const proveInclusion = defineRpc<InclusionProof>()({
  service: 'audit',
  noun: 'proof',
  verb: 'inclusion',
  request: ProveInclusion,
  sample: { log: ORG, index: 0 },
});

export class ProveConsistency extends LogQuery {
  @Int({ min: 1 }) from: number;
  @Int({ min: 1, optional: true }) to?: number;
}
export const proveConsistency = defineRpc<ConsistencyProof>()({
  service: 'audit',
  noun: 'proof',
  verb: 'consistency',
  request: ProveConsistency,
  sample: { log: ORG, from: 1, to: 2 },
});

export class ReadTile extends LogQuery {
  /** After `tile/`, as in C2SP tlog-tiles: `0/x001/067`, `entries/000.p/5`. */
  @Text({ min: 1, max: 128 }) path: string;
}
export const readTile = defineRpc<{ base64: string }>()({
  service: 'audit',
  noun: 'tile',
  verb: 'read',
  request: ReadTile,
  sample: { log: ORG, path: '0/000' },
});

export class ReadExportPage extends LogQuery {
  /** Leaf indexes, `to` exclusive. */
  @Int() from: number;
  @Int() to: number;
}
/** As many entries of the range as an answer holds; ask again from `nextFrom`. The range ends at the newest checkpoint. */
export const readExportPage = defineRpc<{ items: SealedEntry[]; nextFrom: number | null }>()({
  service: 'audit',
  noun: 'export',
  verb: 'read-page',
  request: ReadExportPage,
  sample: { log: ORG, from: 0, to: 100 },
});

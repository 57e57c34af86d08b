import type { AuditCategory, AuditOutcome } from '../define.js';

/** What is sealed: the canonical bytes of this are the leaf. */
export interface AuditEntry {
  v: 1;
  index: number;
  id: string;
  at: string;
  type: string;
  category: AuditCategory;
  outcome: AuditOutcome;
  actor: { kind: string; id: string };
  orgId: string;
  projectId?: string;
  environmentId?: string;
  subject: { kind: string; id: string };
  correlationId: string;
  causationId?: string;
  requestId?: string;
  data: unknown;
}

export interface SealedEntry {
  index: number;
  leafHash: string;
  entry: AuditEntry;
  actorName?: string;
}

/** Hashes are base64, as C2SP and RFC 6962 clients write them. */
export interface InclusionProof {
  index: number;
  size: number;
  leafHash: string;
  hashes: string[];
  rootHash: string;
}

export interface ConsistencyProof {
  from: number;
  to: number;
  hashes: string[];
}

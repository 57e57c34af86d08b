import { Hash, Id, Int, Text } from '../field.js';

/** A page of a list, newest first. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Where a resource lives: what the gateway needs to decide who may see it. */
export interface ResourceScope {
  id: string;
  orgId: string;
  projectId?: string;
  environmentId?: string;
}

/** The query of every list. */
export class PageQuery {
  @Int({ min: 1, max: 200, optional: true }) limit?: number;
  @Text({ max: 512, optional: true }) cursor?: string;
}

/** An `Idempotency-Key` as the edge read it; the owner keeps it with the record. */
export class IdempotencyClaim {
  /** The actor's id. */
  @Text({ max: 64 }) caller: string;
  @Text({ max: 256 }) route: string;
  @Text({ min: 1, max: 255 }) key: string;
  @Hash() requestHash: string;
}

/** A pointer to stored bytes: what crosses NATS in place of the bytes. */
export interface BlobReference {
  key: string;
  size: number;
  sha256?: string;
  /** The bytes of interest inside the object, end exclusive; the whole when absent. */
  range?: { start: number; end: number };
  /** The bytes of interest inside what the object, or its range, gives when it is gunzipped, end exclusive. */
  unpackedRange?: { start: number; end: number };
  mediaType: string;
}

/** A target as plans and commands pin it. */
export class TargetPin {
  @Id('target') id: string;
  @Text({ min: 1, max: 63 }) name: string;
  @Int({ min: 1 }) revision: number;
}

/** Nest token of the service's `ObjectStore`. */
export const OBJECT_STORE = Symbol('ingest:object-store');

/** Nest token of `IngestLimits`. */
export const LIMITS = Symbol('ingest:limits');

/** Nest token of `ScrubPace`. */
export const SCRUB_PACE = Symbol('ingest:scrub-pace');

/** Nest token of `UploadPatience`. */
export const UPLOAD_PATIENCE = Symbol('ingest:upload-patience');

/** Nest token of `Capacity`. */
export const CAPACITY = Symbol('ingest:capacity');

/** Nest token of how many bytes the writer of one object keeps in memory. */
export const WRITER_BYTES = Symbol('ingest:writer-bytes');

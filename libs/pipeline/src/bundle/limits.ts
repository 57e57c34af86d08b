/** What an archive may not pass, counted while it is read. */
export interface ArchiveLimits {
  /** Bytes as they were sent. */
  maxBytes: number;
  maxUnpackedBytes: number;
  maxEntries: number;
  /** Unpacked to packed, counted from the first MiB on. */
  maxRatio: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_ARCHIVE_LIMITS: ArchiveLimits = {
  maxBytes: 64 * MIB,
  maxUnpackedBytes: 256 * MIB,
  maxEntries: 10_000,
  maxRatio: 200,
};

/** For evidence that was checked when it came, under whatever limits held then. */
export const ACCEPTED_ARCHIVE_LIMITS: ArchiveLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  maxUnpackedBytes: Number.POSITIVE_INFINITY,
  maxEntries: Number.POSITIVE_INFINITY,
  maxRatio: Number.POSITIVE_INFINITY,
};

/** `manifest.json` may not be larger. */
export const MAX_MANIFEST_BYTES = 4 * MIB;
/** `spec.json` or `spec.kv` may not be larger. */
export const MAX_SPEC_BYTES = 4 * MIB;
/** A line of a journal or an outcomes file may not be longer. */
export const MAX_LINE_BYTES = 4 * MIB;
/** Below this many unpacked bytes the ratio is not judged: a tiny tar is mostly padding. */
export const RATIO_FREE_BYTES = MIB;

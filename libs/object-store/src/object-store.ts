import type { Readable, Writable } from 'node:stream';

/** Bytes of an object: `start` inclusive, `end` exclusive; the rest of the object when `end` is absent. */
export interface ByteRange {
  start: number;
  end?: number;
}

/** One object on its way in. Nothing is visible to readers before `commit`. */
export interface ObjectWriter {
  /** Takes the bytes, with back-pressure; memory does not grow with their number. Once it called back, a chunk may be used again. */
  readonly stream: Writable;
  /** Ends the stream and makes as much durable as can be without a key, so that the rest of `commit` is short. Harmless when called twice. */
  finish(): Promise<void>;
  /**
   * Finishes if need be, and shows the bytes under the key, durably and at once.
   * A no-op when the key holds an object of the same size already; an object of another size is replaced.
   */
  commit(key: string): Promise<void>;
  /** As `commit`, but also replaces an object of the same size. */
  replace(key: string): Promise<void>;
  /** Throws away what was written. Leaves nothing; harmless after `commit` and when called twice. */
  abort(): Promise<void>;
}

/** Where evidence, plans, payloads and reports are kept. Keys are checked by `assertKey`. */
export interface ObjectStore {
  write(): Promise<ObjectWriter>;
  /** Stores the bytes under the key, replacing what it held; readers see the old or the new object, never a part. */
  put(key: string, bytes: Uint8Array | Readable): Promise<void>;
  /** The object's bytes. Throws `not_found`, and `range_not_satisfiable` for a range that is empty or begins past the end. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  stat(key: string): Promise<{ size: number } | undefined>;
  /** Removes the object; an absent one is no error. Tries nothing (more) once the signal is aborted, and throws its reason then. */
  delete(key: string, signal?: AbortSignal): Promise<void>;
  /** Removes what writers that crashed left behind, once no writer can still run that began it; objects are never touched. */
  sweep(now: number): Promise<void>;
  /** Lets go of connections. */
  close(): Promise<void>;
}

import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@reenact/contracts';
import { assertRange } from './byte-range.js';
import { DirectorySyncs } from './directory-syncs.js';
import { FileObjectWriter } from './file-object-writer.js';
import { assertKey } from './object-key.js';
import type { ByteRange, ObjectStore, ObjectWriter } from './object-store.js';

// No key begins with a dot, so that no key reaches into it.
const STAGING = '.staging';
/** A staged file this old belongs to no upload that still runs. */
const STALE_MS = 6 * 60 * 60 * 1000;

/** Objects as files below one directory; staged, synced and renamed, so that a crash leaves whole objects only. */
export class FileObjectStore implements ObjectStore {
  private readonly directories = new DirectorySyncs();

  private constructor(
    private readonly root: string,
    private readonly staleMs: number,
  ) {}

  /** Makes the directory if need be and removes what crashed writers left in it long ago. */
  static async open(directory: string, now: number, staleMs = STALE_MS): Promise<FileObjectStore> {
    await mkdir(join(directory, STAGING), { recursive: true, mode: 0o700 });
    const store = new FileObjectStore(directory, staleMs);
    await store.sweep(now);
    return store;
  }

  async write(): Promise<ObjectWriter> {
    return this.stage();
  }

  async put(key: string, bytes: Uint8Array | Readable): Promise<void> {
    assertKey(key);
    const writer = await this.stage();
    try {
      await pipeline(bytes instanceof Readable ? bytes : Readable.from([bytes]), writer.stream);
      await writer.replace(key);
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    assertKey(key);
    const file = await open(join(this.root, key), 'r').catch(ignoreMissing);
    if (!file) throw new Problem('not_found');
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Problem('not_found');
      if (!range) return file.createReadStream();
      assertRange(range, found.size);
      return file.createReadStream({ start: range.start, end: (range.end ?? found.size) - 1 });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    assertKey(key);
    const found = await stat(join(this.root, key)).catch(ignoreMissing);
    return found?.isFile() ? { size: found.size } : undefined;
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    signal?.throwIfAborted();
    await rm(join(this.root, key), { force: true });
  }

  async sweep(now: number): Promise<void> {
    const staging = join(this.root, STAGING);
    for (const name of await readdir(staging)) {
      const path = join(staging, name);
      const found = await stat(path).catch(ignoreMissing);
      if (found && now - found.mtimeMs > this.staleMs) await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {}

  private async stage(): Promise<FileObjectWriter> {
    const path = join(this.root, STAGING, randomUUID());
    const file: FileHandle = await open(path, 'wx', 0o600);
    return new FileObjectWriter(this.root, path, file, this.directories);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

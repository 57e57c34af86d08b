import { type FileHandle, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { DirectorySyncs } from './directory-syncs.js';
import { assertKey } from './object-key.js';
import type { ObjectWriter } from './object-store.js';

/** So much is written before it is synced while more comes: the end need not wait for all of it. */
const SYNC_BYTES = 16 * 1024 * 1024;

/** A staged file that becomes an object by a rename. */
export class FileObjectWriter implements ObjectWriter {
  readonly stream: Writable;
  private size = 0;
  private unsynced = 0;
  private syncing?: Promise<void>;
  private ended = false;
  private finishing?: Promise<void>;

  constructor(
    private readonly root: string,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly directories: DirectorySyncs,
  ) {
    this.stream = new Writable({
      highWaterMark: 1024 * 1024,
      // Never `write`: whatever has come meanwhile goes out with one call.
      writev: (items, done) => {
        this.append(items.map(({ chunk }) => chunk as Buffer)).then(() => done(), done);
      },
    });
    // `finish` reports it; without a listener an error in between would end the process.
    this.stream.on('error', () => undefined);
  }

  finish(): Promise<void> {
    this.finishing ??= this.makeDurable();
    return this.finishing;
  }

  async commit(key: string): Promise<void> {
    assertKey(key);
    await this.finish();
    const existing = await stat(join(this.root, key)).catch(() => undefined);
    if (existing?.isFile() && existing.size === this.size) await this.abort();
    else await this.publish(key);
  }

  async replace(key: string): Promise<void> {
    assertKey(key);
    await this.finish();
    await this.publish(key);
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.stream.destroy();
    await this.finishing?.catch(() => undefined);
    // Waits for a write that is under way; harmless when it is closed.
    await this.file.close();
    await rm(this.path, { force: true });
  }

  private async append(chunks: Buffer[]): Promise<void> {
    const size = chunks.reduce((sum, { length }) => sum + length, 0);
    let { bytesWritten: written } = await this.file.writev(chunks);
    while (written < size) {
      const rest = Buffer.concat(chunks).subarray(written);
      written += (await this.file.write(rest)).bytesWritten;
    }
    this.size += size;
    this.unsynced += size;
    if (this.unsynced >= SYNC_BYTES) this.syncMeanwhile();
  }

  private syncMeanwhile(): void {
    this.unsynced = 0;
    // A failure is told once: to the first who asks, and never again by a later sync.
    this.syncing = Promise.all([this.syncing, this.file.datasync()]).then(() => undefined);
    this.syncing.catch(() => undefined);
  }

  private async makeDurable(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
    await this.syncing;
    await this.file.sync();
    await this.file.close();
  }

  private async publish(key: string): Promise<void> {
    const target = join(this.root, key);
    await this.directories.change(dirname(target), () => this.moveTo(target));
  }

  private async moveTo(target: string): Promise<void> {
    await rename(this.path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await this.makeDirectories(dirname(target));
      await rename(this.path, target);
    });
    this.ended = true;
  }

  /** Makes the directories below the root, each entry synced: else a power cut could forget the path to a synced file. */
  private async makeDirectories(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (!first) return;
    let parent = this.root;
    for (const segment of relative(this.root, path).split(sep)) {
      await this.directories.sync(parent);
      parent = join(parent, segment);
    }
  }
}

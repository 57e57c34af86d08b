import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { assertKey } from './object-key.js';
import type { ObjectWriter } from './object-store.js';

/** A staged file that becomes an object by a rename. */
export class FileObjectWriter implements ObjectWriter {
  readonly stream: Writable;
  private size = 0;
  private ended = false;

  constructor(
    private readonly root: string,
    private readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.stream = new Writable({
      highWaterMark: 1024 * 1024,
      write: (chunk: Uint8Array, _encoding, done) => {
        this.size += chunk.length;
        file.appendFile(chunk).then(() => done(), done);
      },
    });
    // `commit` reports it; without a listener an error in between would end the process.
    this.stream.on('error', () => undefined);
  }

  async commit(key: string): Promise<void> {
    assertKey(key);
    const size = await this.finish();
    const existing = await stat(join(this.root, key)).catch(() => undefined);
    if (existing?.isFile() && existing.size === size) await this.abort();
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
    // Waits for a write that is under way.
    await this.file.close();
    await rm(this.path, { force: true });
  }

  private async finish(): Promise<number> {
    this.stream.end();
    await finished(this.stream);
    const { size } = await this.file.stat();
    if (size !== this.size) throw new Error(`${size} of ${this.size} bytes reached the file`);
    return size;
  }

  private async publish(key: string): Promise<void> {
    await this.file.sync();
    const target = join(this.root, key);
    await makeDurably(this.root, dirname(target));
    await rename(this.path, target);
    this.ended = true;
    await this.file.close();
    await syncDirectory(dirname(target));
  }
}

/** Makes the directories between root and path, each entry synced: else a power cut could forget the path to a synced file. */
async function makeDurably(root: string, path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (!first) return;
  let parent = root;
  for (const segment of relative(root, path).split(sep)) {
    await syncDirectory(parent);
    parent = join(parent, segment);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

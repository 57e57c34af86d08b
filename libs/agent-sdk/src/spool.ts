import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { AgentClient, UploadFields, UploadOptions, UploadResult } from './agent-client.js';
import { DamagedEntry, encodeSidecar, readEntry } from './spool-entry.js';
import { SpoolProblem, toSpoolProblem } from './spool-problem.js';
import { makeDirectory, syncDirectory } from './sync-directory.js';
import { UploadCounter } from './upload-counter.js';
import { UploadFailures } from './upload-failures.js';
import { type WriteDurably, writeDurably } from './write-durably.js';

export interface SpoolOptions {
  /** Bytes of all entries; default 1 GiB. */
  maxBytes?: number;
  /** Default 1000. */
  maxEntries?: number;
  /** Default: to the disk. */
  write?: WriteDurably;
  /** Milliseconds that only grow; replaced by tests. */
  now?: () => number;
}

export interface FlushOptions extends UploadOptions {
  /** The server has one more. */
  onUploaded?: (result: UploadResult) => void;
}

const SET_ASIDE = 'set-aside';
const MAX_SET_ASIDE = 16;

/**
 * Captured evidence on its way out, kept on disk until the server has it: an upload that is cut off by a crash or an outage is
 * made again by the next `flush`. When it is full, what is new is given up and counted; what is old stays. One process at a time.
 */
export class Spool {
  private readonly counter: UploadCounter;
  private readonly limits: { maxBytes: number; maxEntries: number };
  private readonly write: WriteDurably;
  private readonly failures: UploadFailures;
  private turn: Promise<unknown> = Promise.resolve();
  private swept = false;

  constructor(
    readonly directory: string,
    { maxBytes = 1024 ** 3, maxEntries = 1000, write = writeDurably, now = () => performance.now() }: SpoolOptions = {},
  ) {
    this.counter = new UploadCounter(directory);
    this.limits = { maxBytes, maxEntries };
    this.write = write;
    this.failures = new UploadFailures(now);
  }

  /** The next number of a boot's uploads. It stays used, whatever becomes of the upload. */
  reserve(bootId: string): Promise<number> {
    return this.alone(() => this.counter.next(bootId));
  }

  /** The last number that was used of a boot's uploads; 0 before the first. */
  lastNumber(bootId: string): Promise<number> {
    return this.counter.last(bootId);
  }

  /** How many uploads were given up: dropped by a full spool or disk, damaged, or refused for good. */
  gaps(): Promise<number> {
    return this.counter.gaps();
  }

  /**
   * Makes bytes and fields durable; what was captured first is sent first. With a boot but without a number it gets the next one.
   * Answers the entry's name. Throws a SpoolProblem when there is no room; the bytes are then given up.
   */
  add(bytes: Readable, fields: Omit<UploadFields, 'sha256'>): Promise<string> {
    return this.alone(async () => {
      try {
        const sequence = fields.sequence ?? (fields.bootId === undefined ? undefined : await this.counter.next(fields.bootId));
        return await this.keep(bytes, { ...fields, ...(sequence !== undefined && { sequence }) });
      } catch (error) {
        bytes.destroy();
        // The count is of no use to who is out of room: the number that stays used tells of the gap too.
        await this.counter.addGap().catch(() => undefined);
        throw toSpoolProblem(error);
      }
    });
  }

  /** Names of the entries that the server does not have yet, oldest first. */
  async pending(): Promise<string[]> {
    const names = await readdir(this.directory).catch(() => [] as string[]);
    return names
      .filter((name) => name.endsWith('.json') && !name.startsWith('draft-'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort();
  }

  /**
   * Uploads what is pending, oldest first, and forgets what the server has. An entry that fails alone is passed over, and by further
   * flushes until its pause is over, which grows; one that is damaged or refused for good is set aside with a report. The first such
   * failure is thrown at the end. Throws at once when nothing gets through.
   */
  async flush(client: AgentClient, options: FlushOptions = {}): Promise<UploadResult[]> {
    const results: UploadResult[] = [];
    let failure: unknown;
    for (const name of await this.pending()) {
      if (!this.failures.isDue(name)) continue;
      try {
        const result = await this.send(name, client, options);
        results.push(result);
        options.onUploaded?.(result);
      } catch (error) {
        const meaning = this.failures.add(name, error);
        if (meaning === 'nothing') throw error;
        if (meaning === 'never') await this.setAside(name, (error as Error).message);
        if (!(error instanceof DamagedEntry)) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return results;
  }

  private async send(name: string, client: AgentClient, options: UploadOptions): Promise<UploadResult> {
    const path = join(this.directory, name);
    const result = await client.upload(`${path}.bin`, await readEntry(path), options);
    // Fields first: without them there is no entry, and the next sweep takes the rest.
    await rm(`${path}.json`, { force: true });
    await rm(`${path}.bin`, { force: true });
    this.failures.forget(name);
    return result;
  }

  private async keep(bytes: Readable, fields: Omit<UploadFields, 'sha256'>): Promise<string> {
    await this.sweep();
    const room = await this.room();
    const draft = join(this.directory, `draft-${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      const hash = createHash('sha256');
      let size = 0;
      const counted = async function* () {
        for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
          size += chunk.length;
          if (size > room) throw new SpoolProblem('spool_full', `the spool has room for ${room} bytes`);
          hash.update(chunk);
          yield chunk;
        }
      };
      await this.write(draft, counted());
      const sha256 = `sha256:${hash.digest('hex')}`;
      const order = String(fields.sequence ?? 0).padStart(10, '0');
      const name = `${fields.capturedAt.replaceAll(/[^0-9TZ]/g, '')}-${order}-${sha256.slice(7, 23)}`;
      await this.write(`${draft}.json`, [Buffer.from(encodeSidecar({ ...fields, sha256 }, size))]);
      await rename(draft, join(this.directory, `${name}.bin`));
      // The entry exists from here on: fields come last, by rename.
      await rename(`${draft}.json`, join(this.directory, `${name}.json`));
      await syncDirectory(this.directory);
      return name;
    } finally {
      await rm(draft, { force: true });
      await rm(`${draft}.json`, { force: true });
    }
  }

  /** Bytes that may be added. What was set aside makes way first. Throws `spool_full`. */
  private async room(): Promise<number> {
    if ((await this.pending()).length >= this.limits.maxEntries) {
      throw new SpoolProblem('spool_full', `the spool holds ${this.limits.maxEntries} entries`);
    }
    const left = this.limits.maxBytes - (await bytesOf(this.directory));
    if (left <= 0) throw new SpoolProblem('spool_full', `the spool holds ${this.limits.maxBytes} bytes`);
    const aside = join(this.directory, SET_ASIDE);
    if ((await bytesOf(aside)) > left / 2) await rm(aside, { recursive: true, force: true });
    return left - (await bytesOf(aside));
  }

  /** What a crash left half made, or half forgotten. */
  private async sweep(): Promise<void> {
    if (this.swept) return;
    this.swept = true;
    const names = new Set(await readdir(this.directory));
    const isLeft = (name: string) =>
      name.startsWith('draft-') || (name.endsWith('.bin') && !names.has(`${name.slice(0, -'.bin'.length)}.json`));
    for (const name of names) if (isLeft(name)) await rm(join(this.directory, name), { force: true });
  }

  /** Moves an entry out of the way, with a report beside it; of very many the oldest go. */
  private setAside(name: string, reason: string): Promise<void> {
    this.failures.forget(name);
    return this.alone(async () => {
      const aside = join(this.directory, SET_ASIDE);
      await makeDirectory(aside);
      // The report may find no room; the entry must go nevertheless, or it would block the others.
      const report = JSON.stringify({ name, reason: reason.slice(0, 1000) });
      await writeFile(join(aside, `${name}.report.json`), report, { mode: 0o600 }).catch(() => undefined);
      await this.counter.addGap().catch(() => undefined);
      for (const end of ['.bin', '.json']) {
        await rename(join(this.directory, name + end), join(aside, name + end)).catch(() => undefined);
      }
      await rm(join(this.directory, `${name}.json`), { force: true });
      const names = [...new Set((await readdir(aside)).map((each) => each.split('.')[0]))].sort();
      for (const old of names.slice(0, -MAX_SET_ASIDE)) {
        for (const end of ['.bin', '.json', '.report.json']) await rm(join(aside, old + end), { force: true });
      }
    });
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(async () => {
      await makeDirectory(this.directory);
      return work();
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

async function bytesOf(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => [] as string[]);
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => undefined)));
  return sizes.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0);
}

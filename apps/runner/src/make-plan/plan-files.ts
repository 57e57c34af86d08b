import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { canonicalJson, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import type { PlanAction } from '@reenact/pipeline';
import { encodeIndexEntry, runKeys } from './run-keys.js';

interface Output {
  stream: WriteStream;
  size: number;
}

/**
 * The effects of a plan, recorded in files of this process alone: what a dry run does instead of acting, and what an execute
 * performs from, whatever happens to stored copies.
 */
export class PlanFiles {
  private constructor(
    private readonly directory: string,
    private readonly lines: Output,
    private readonly payloads: Output,
    private readonly index: Output,
  ) {}

  static async create(scratch: string = tmpdir()): Promise<PlanFiles> {
    const directory = await mkdtemp(join(scratch, `reenact-run-${process.pid}-`));
    const output = (name: string): Output => {
      const stream = createWriteStream(join(directory, name), { mode: 0o600 });
      // A full disk is found by whoever writes next.
      stream.on('error', () => undefined);
      return { stream, size: 0 };
    };
    return new PlanFiles(directory, output('plan'), output('payloads'), output('index'));
  }

  /** Takes the next action. Waits while the disk is behind, so that memory does not grow. */
  async record(action: PlanAction, payload: Buffer): Promise<void> {
    await append(this.index, encodeIndexEntry({ line: this.lines.size, payload: this.payloads.size }));
    await append(this.payloads, payload);
    await append(this.lines, Buffer.from(`${canonicalJson(action)}\n`, 'utf8'));
  }

  /** No more actions. */
  async close(): Promise<void> {
    for (const { stream } of [this.lines, this.payloads, this.index]) {
      stream.end();
      await finished(stream);
    }
  }

  /** Stores copies for readers. */
  async publish(objects: ObjectStore, replayId: string): Promise<void> {
    const keys = runKeys(replayId);
    await objects.put(keys.payloads, createReadStream(join(this.directory, 'payloads')));
    await objects.put(keys.index, createReadStream(join(this.directory, 'index')));
    await objects.put(keys.plan, createReadStream(join(this.directory, 'plan')));
  }

  /** Every action in order, with a way to its payload, whose digest is checked. */
  async *actions(): AsyncGenerator<{ action: PlanAction; payload: () => Promise<Buffer> }> {
    const handle = await open(join(this.directory, 'payloads'), 'r');
    try {
      let position = 0;
      for await (const line of createInterface({
        input: createReadStream(join(this.directory, 'plan')),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        const action = JSON.parse(line) as PlanAction;
        const start = position;
        yield {
          action,
          payload: async () => {
            const bytes = Buffer.alloc(action.payloadSize);
            await handle.read(bytes, 0, action.payloadSize, start);
            if (sha256(bytes) !== action.payloadSha256) throw new Error(`payload ${action.index} is not what was planned`);
            return bytes;
          },
        };
        position += action.payloadSize;
      }
    } finally {
      await handle.close();
    }
  }

  async remove(): Promise<void> {
    for (const { stream } of [this.lines, this.payloads, this.index]) stream.destroy();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function append(output: Output, bytes: Buffer): Promise<void> {
  output.size += bytes.length;
  if (output.stream.errored) throw output.stream.errored;
  if (!output.stream.write(bytes)) await once(output.stream, 'drain');
}

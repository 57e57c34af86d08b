import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { canonicalJson, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import type { PlanAction } from '@reenact/pipeline';
import { RecordedSection } from './recorded-section.js';
import { encodeIndexEntry, encodePlanHead, planKey } from './run-objects.js';
import { TOUCH_MS, scratchPrefix } from './sweep-scratch.js';

/** What one run may keep in memory; several run at once. */
const MEMORY_BYTES = 256 * 1024;

/**
 * The effects of a plan, recorded where this process alone reaches: in memory, and in files once they are many. What a dry run does
 * instead of acting, and what an execute performs from, whatever happens to stored copies.
 */
export class PlanRecording {
  private readonly index = new RecordedSection();
  private readonly lines = new RecordedSection();
  private readonly payloads = new RecordedSection();
  private actionCount = 0;
  private directory: string | undefined;
  private touching: NodeJS.Timeout | undefined;

  constructor(
    private readonly scratch: string = tmpdir(),
    private readonly memoryBytes = MEMORY_BYTES,
  ) {}

  /** Takes the next action. Waits while the disk is behind, so that memory does not grow. */
  async record(action: PlanAction, payload: Buffer): Promise<void> {
    this.actionCount += 1;
    await this.index.append(encodeIndexEntry({ line: this.lines.size, payload: this.payloads.size }));
    // A copy: what is held in memory must not hold on to the chunk that it was cut from.
    await this.payloads.append(Buffer.from(payload));
    await this.lines.append(Buffer.from(`${canonicalJson(action)}\n`, 'utf8'));
    if (this.directory === undefined && this.size > this.memoryBytes) await this.spill();
  }

  /** No more actions. */
  async close(): Promise<void> {
    for (const section of this.sections) await section.close();
  }

  /** Stores a copy for readers. */
  async publish(objects: ObjectStore, replayId: string): Promise<void> {
    const head = encodePlanHead({ actions: this.actionCount, lineBytes: this.lines.size });
    const sections = this.sections;
    const bytes = async function* () {
      yield head;
      for (const section of sections) yield* section.bytes();
    };
    const stream = Readable.from(bytes(), { objectMode: false });
    // What is small is written at once.
    await objects.put(planKey(replayId), this.directory === undefined ? Buffer.concat(await stream.toArray()) : stream);
  }

  /** Every action in order, with a way to its payload, whose digest is checked. */
  async *actions(): AsyncGenerator<{ action: PlanAction; payload: () => Promise<Buffer> }> {
    const payloads = await this.payloads.reader();
    try {
      let position = 0;
      for await (const line of this.lines.lines()) {
        const action = JSON.parse(line) as PlanAction;
        const start = position;
        yield {
          action,
          payload: async () => {
            const bytes = await payloads.read(start, action.payloadSize);
            if (sha256(bytes) !== action.payloadSha256) throw new Error(`payload ${action.index} is not what was planned`);
            return bytes;
          },
        };
        position += action.payloadSize;
      }
    } finally {
      await payloads.close();
    }
  }

  async remove(): Promise<void> {
    clearInterval(this.touching);
    for (const section of this.sections) section.destroy();
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true });
  }

  private get sections(): RecordedSection[] {
    return [this.index, this.lines, this.payloads];
  }

  private get size(): number {
    return this.sections.reduce((sum, { size }) => sum + size, 0);
  }

  private async spill(): Promise<void> {
    const directory = await mkdtemp(join(this.scratch, scratchPrefix()));
    this.directory = directory;
    this.touching = setInterval(() => void touch(directory), TOUCH_MS).unref();
    for (const [i, name] of ['index', 'lines', 'payloads'].entries()) await this.sections[i].spill(join(directory, name));
  }
}

/** So that those who share the scratch directory see that it is in use. */
async function touch(directory: string): Promise<void> {
  const now = (performance.timeOrigin + performance.now()) / 1000;
  // Removed just now.
  await utimes(directory, now, now).catch(() => undefined);
}

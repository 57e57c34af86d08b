import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import type { PlanAction } from '@reenact/pipeline';
import { decodeIndexEntry, INDEX_ENTRY_BYTES, type IndexEntry, runKeys } from '../make-plan/run-keys.js';
import { OBJECTS } from '../runner.config.js';

/** Lines of one page at most: RPC answers stay small. */
const MAX_PAGE_BYTES = 320 * 1024;

/** The copy of a plan that readers see. Nothing is ever performed from it. */
@Injectable()
export class StoredPlan {
  constructor(@Inject(OBJECTS) private readonly objects: ObjectStore) {}

  /** Actions of the plan, those already done too. */
  async count(replayId: string): Promise<number> {
    const stat = await this.objects.stat(runKeys(replayId).index);
    return (stat?.size ?? 0) / INDEX_ENTRY_BYTES;
  }

  /** Consecutive actions from an index on: at most `limit`, fewer when they are long. */
  async actions(replayId: string, from: number, limit: number): Promise<PlanAction[]> {
    if (from >= (await this.count(replayId))) return [];
    const { line } = await this.entry(replayId, from);
    const actions: PlanAction[] = [];
    let size = 0;
    for await (const text of linesOf(await this.objects.read(runKeys(replayId).plan, { start: line }))) {
      size += text.length;
      if (actions.length > 0 && size > MAX_PAGE_BYTES) break;
      actions.push(JSON.parse(text) as PlanAction);
      if (actions.length === limit) break;
    }
    return actions;
  }

  async entry(replayId: string, index: number): Promise<IndexEntry> {
    const start = index * INDEX_ENTRY_BYTES;
    const chunks: Buffer[] = [];
    for await (const chunk of await this.objects.read(runKeys(replayId).index, { start, end: start + INDEX_ENTRY_BYTES })) {
      chunks.push(chunk as Buffer);
    }
    return decodeIndexEntry(Buffer.concat(chunks));
  }
}

/** Lines of a stream that is let go of as soon as nobody reads on. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        yield rest.toString('utf8', 0, end);
        rest = rest.subarray(end + 1);
      }
    }
  } finally {
    stream.destroy();
  }
}

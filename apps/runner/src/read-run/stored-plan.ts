import { Inject, Injectable } from '@nestjs/common';
import { type BlobReference, Problem } from '@reenact/contracts';
import type { ByteRange, ObjectStore } from '@reenact/object-store';
import type { PlanAction } from '@reenact/pipeline';
import { linesOf } from '../make-plan/lines-of.js';
import {
  decodeIndexEntry,
  decodePlanHead,
  entryStart,
  type IndexEntry,
  linesStart,
  PLAN_HEAD_BYTES,
  payloadsStart,
  type PlanHead,
  planKey,
} from '../make-plan/run-objects.js';
import { OBJECTS } from '../runner.config.js';

/** Lines of one page at most: RPC answers stay small. */
const MAX_PAGE_BYTES = 320 * 1024;

/** The copy of a plan that readers see. Nothing is ever performed from it. */
@Injectable()
export class StoredPlan {
  constructor(@Inject(OBJECTS) private readonly objects: ObjectStore) {}

  /** Consecutive actions from an index on: at most `limit`, fewer when they are long. */
  async actions(replayId: string, from: number, limit: number): Promise<PlanAction[]> {
    const head = await this.head(replayId);
    if (from >= head.actions) return [];
    const { line } = await this.entry(replayId, from);
    const first = linesStart(head);
    const range = { start: first + line, end: first + head.lineBytes };
    const actions: PlanAction[] = [];
    let size = 0;
    for await (const text of linesOf(await this.objects.read(planKey(replayId), range))) {
      size += text.length;
      if (actions.length > 0 && size > MAX_PAGE_BYTES) break;
      actions.push(JSON.parse(text) as PlanAction);
      if (actions.length === limit) break;
    }
    return actions;
  }

  /** All actions, as lines. */
  async lines(replayId: string): Promise<BlobReference> {
    const head = await this.head(replayId);
    const start = linesStart(head);
    const range = { start, end: start + head.lineBytes };
    return { key: planKey(replayId), size: head.lineBytes, range, mediaType: 'application/x-ndjson' };
  }

  async payload(replayId: string, index: number): Promise<BlobReference> {
    const [action] = await this.actions(replayId, index, 1);
    if (!action) throw new Problem('not_found');
    const start = payloadsStart(await this.head(replayId)) + (await this.entry(replayId, index)).payload;
    return {
      key: planKey(replayId),
      size: action.payloadSize,
      sha256: action.payloadSha256,
      range: { start, end: start + action.payloadSize },
      mediaType: action.headers?.['content-type'] ?? 'application/octet-stream',
    };
  }

  /** Throws `replay_not_planned` when there is no copy. */
  private async head(replayId: string): Promise<PlanHead> {
    try {
      return decodePlanHead(await this.read(replayId, { start: 0, end: PLAN_HEAD_BYTES }));
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_found') throw new Problem('replay_not_planned');
      throw error;
    }
  }

  private async entry(replayId: string, index: number): Promise<IndexEntry> {
    return decodeIndexEntry(await this.read(replayId, { start: entryStart(index), end: entryStart(index + 1) }));
  }

  private async read(replayId: string, range: ByteRange): Promise<Buffer> {
    return Buffer.concat(await (await this.objects.read(planKey(replayId), range)).toArray());
  }
}

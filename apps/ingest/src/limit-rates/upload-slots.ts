import { Inject, Injectable, Logger } from '@nestjs/common';
import { newUuid, Problem } from '@reenact/contracts';
import { Batches, UnitOfWork } from '@reenact/persistence';
import type { IngestLimits } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';
import { type SlotHolder, UploadSlotStore } from '../store/upload-slot.store.js';

const BATCH = { max: 100, atOnce: 2 };

/** Counts the uploads of an agent that run now, over all replicas. */
@Injectable()
export class UploadSlots {
  private readonly logger = new Logger('limit-rates');
  private readonly held = new Set<string>();
  private readonly begun: Batches<SlotHolder, boolean>;
  private readonly ended: Batches<SlotHolder, void>;

  constructor(
    @Inject(LIMITS) { rates }: IngestLimits,
    private readonly work: UnitOfWork,
    private readonly store: UploadSlotStore,
  ) {
    // A slot that a crash of the database forgets is one upload more for a while; a release, one less until it expires.
    this.begun = new Batches(async (holders) => {
      const taken = await work.forgettable((tx) => store.take(tx, holders, rates.concurrentUploads));
      return holders.map(({ holder }) => taken.has(holder));
    }, BATCH);
    this.ended = new Batches(async (holders) => {
      await work.forgettable((tx) => store.release(tx, holders));
      return [];
    }, BATCH);
  }

  /** Answers how to give the slot back; undefined: all are taken. Throws `try_later`. */
  async take(agentId: string): Promise<(() => Promise<void>) | undefined> {
    const slot = { agentId, holder: newUuid() };
    const taken = await this.begun
      .run(slot)
      .catch((cause: unknown) =>
        Promise.reject(new Problem('try_later', { detail: 'The rate limits cannot be checked now', cause })),
      );
    if (!taken) return undefined;
    this.held.add(slot.holder);
    return async () => {
      this.held.delete(slot.holder);
      await this.ended
        .run(slot)
        .catch((error: unknown) => this.logger.warn(`an upload slot is left to expire: ${String(error)}`));
    };
  }

  async renew(): Promise<void> {
    if (this.held.size > 0) await this.store.renew(this.work, [...this.held]);
    await this.store.removeExpired(this.work);
  }
}

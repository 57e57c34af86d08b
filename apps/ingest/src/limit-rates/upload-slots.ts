import { Inject, Injectable, Logger } from '@nestjs/common';
import { newUuid, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import type { IngestLimits } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';
import { UploadSlotStore } from '../store/upload-slot.store.js';

/** Counts the uploads of an agent that run now, over all replicas. */
@Injectable()
export class UploadSlots {
  private readonly logger = new Logger('limit-rates');
  private readonly held = new Set<string>();

  constructor(
    @Inject(LIMITS) private readonly limits: IngestLimits,
    private readonly work: UnitOfWork,
    private readonly store: UploadSlotStore,
  ) {}

  /** Answers how to give the slot back; undefined: all are taken. Throws `try_later`. */
  async take(agentId: string): Promise<(() => Promise<void>) | undefined> {
    const holder = newUuid();
    const taken = await this.store
      .take(this.work, agentId, holder, this.limits.rates.concurrentUploads)
      .catch((cause: unknown) =>
        Promise.reject(new Problem('try_later', { detail: 'The rate limits cannot be checked now', cause })),
      );
    if (!taken) return undefined;
    this.held.add(holder);
    return async () => {
      this.held.delete(holder);
      await this.store
        .release(this.work, agentId, holder)
        .catch((error: unknown) => this.logger.warn(`an upload slot is left to expire: ${String(error)}`));
    };
  }

  async renew(): Promise<void> {
    if (this.held.size > 0) await this.store.renew(this.work, [...this.held]);
    await this.store.removeExpired(this.work);
  }
}

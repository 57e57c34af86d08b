import { Controller } from '@nestjs/common';
import { type ArtifactRepeated, artifactRepeated, type ArtifactStored, artifactStored, type Envelope } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { SequenceStore } from '../store/sequence.store.js';

/** Remembers which uploads of an agent arrived, so that a missing one shows. */
@Controller()
export class FollowArtifactConsumer {
  constructor(
    private readonly sequences: SequenceStore,
    private readonly clock: Clock,
  ) {}

  @JetStream({ messages: [artifactStored], durable: 'catalog-follow-artifact' })
  follow(batch: Envelope<ArtifactStored>[], tx: Transaction): Promise<void> {
    return this.arrive(batch, tx);
  }

  /** Bytes that were known already: the number arrived all the same. */
  @JetStream({ messages: [artifactRepeated], durable: 'catalog-follow-repeat' })
  followRepeats(batch: Envelope<ArtifactRepeated>[], tx: Transaction): Promise<void> {
    return this.arrive(batch, tx);
  }

  private async arrive(batch: Envelope<ArtifactStored | ArtifactRepeated>[], tx: Transaction): Promise<void> {
    const arrivals = batch.flatMap(({ data: { agentId, bootId, sequence } }) =>
      bootId === undefined || sequence === undefined ? [] : [{ agentId, bootId, from: sequence, to: sequence }],
    );
    await this.sequences.arrive(tx, 'upload', arrivals, this.clock.now());
  }
}

import { Injectable } from '@nestjs/common';
import { type Envelope, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { reasonOf } from './batch-processor.js';
import { type DeadLetter, DeadLetterStore } from './dead-letter-store.js';
import { decode } from './decode.js';
import { JetStreamStrategy } from './jet-stream.strategy.js';

/** What consumers of this service gave up: to look at, and to try again. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly work: UnitOfWork,
    private readonly store: DeadLetterStore,
    private readonly strategy: JetStreamStrategy,
  ) {}

  /** Open dead letters, oldest first; `after` is the id of the last one seen, `limit` at most 200. */
  list(options: { consumer?: string; after?: string; limit?: number } = {}): Promise<DeadLetter[]> {
    return this.store.list({ ...options, limit: Math.min(options.limit ?? 50, 200) });
  }

  /**
   * Hands a dead letter to its consumer once more, which must live in this process. It is closed in the transaction of what the handler
   * does; when the handler fails again it stays open with a longer history. Throws `not_found`, or what the handler threw.
   */
  async redrive(id: string): Promise<void> {
    try {
      await this.work.run(async (tx) => {
        const letter = await this.store.lock(tx, id);
        const consumer = letter && this.strategy.consumer(letter.consumer);
        if (!letter || !consumer) throw new Problem('not_found');
        await consumer.handle([read(letter, consumer.definition)], tx);
        await this.store.markRedriven(tx, id);
      });
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'not_found')) await this.store.addFailure(id, reasonOf(error));
      throw error;
    }
  }
}

function read(letter: DeadLetter, definition: Parameters<typeof decode>[1]): Envelope {
  const header = (name: string) => letter.headers[name] || undefined;
  const place = { stream: letter.stream, streamSeq: 0, timestampNanos: '0' };
  const decoded = decode(
    { ...place, subject: letter.subject, payload: letter.payload, header, headers: () => letter.headers },
    definition,
  );
  if (decoded.kind === 'message') return decoded.envelope;
  throw decoded.kind === 'unreadable' ? decoded.problem : new Problem('not_found');
}

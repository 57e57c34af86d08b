import { Injectable } from '@nestjs/common';
import { newUuid } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AppendEntriesHandler } from '../append-entries/append-entries.handler.js';
import { withCount } from '../domain/denial.js';
import { DenialTallyStore } from '../store/denial-tally.store.js';

/** Denials of a minute may arrive this long after it began. */
const TALLY_MS = 2 * 60_000;

/** Seals, once a minute is over, how often its denials came again. */
@Injectable()
export class SealTalliesHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly tallies: DenialTallyStore,
    private readonly entries: AppendEntriesHandler,
    private readonly clock: Clock,
  ) {}

  /** Answers how many entries it sealed. */
  seal(): Promise<number> {
    return this.work.run(async (tx) => {
      const ended = await this.tallies.takeEnded(tx, new Date(this.clock.now().getTime() - TALLY_MS));
      await this.entries.append(
        tx,
        ended.map(({ draft, pending }) => withCount(draft, newUuid(), pending)),
      );
      return ended.length;
    });
  }
}

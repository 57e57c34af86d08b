import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { Batches, UnitOfWork } from '@reenact/persistence';
import type { Granted, Report } from '../domain/permit-book.js';
import { type PermitKey, RateWindowStore } from '../store/rate-window.store.js';

/** Asks the shared ledger about many keys with one statement. */
@Injectable()
export class PermitLedger {
  private readonly asked: Batches<PermitKey & Report, Granted>;

  constructor(work: UnitOfWork, store: RateWindowStore) {
    this.asked = new Batches((asked) => store.lease(work, asked), { max: 500, atOnce: 2 });
  }

  /** One question per key at a time. Throws `try_later` when the database does not answer. */
  async lease(key: PermitKey, report: Report): Promise<Granted> {
    try {
      return await this.asked.run({ ...key, ...report });
    } catch (cause) {
      throw new Problem('try_later', { detail: 'The rate limits cannot be checked now', cause });
    }
  }
}

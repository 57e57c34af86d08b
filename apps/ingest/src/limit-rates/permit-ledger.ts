import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { Batches, UnitOfWork } from '@reenact/persistence';
import type { Booking, Granted, Report } from '../domain/permit-book.js';
import { type PermitKey, RateWindowStore } from '../store/rate-window.store.js';

/** Asks the shared ledger about many keys with one statement. */
@Injectable()
export class PermitLedger {
  private readonly asked: Batches<PermitKey & Report, Granted>;
  private readonly booked: Batches<PermitKey & Booking, number | undefined>;

  constructor(work: UnitOfWork, store: RateWindowStore) {
    this.asked = new Batches((asked) => store.lease(work, asked), { max: 500, atOnce: 2 });
    const keyOf = ({ policy, subject }: PermitKey & Booking) => `${policy} ${subject}`;
    this.booked = new Batches((bookings) => store.book(work, bookings), { max: 100, atOnce: 2, keyOf });
  }

  /** One question per key at a time. Throws `try_later` when the database does not answer. */
  lease(key: PermitKey, report: Report): Promise<Granted> {
    return answered(this.asked.run({ ...key, ...report }));
  }

  /** Answers what of the window is used then; undefined when not so much of it was left, or it is over. Throws `try_later`. */
  book(key: PermitKey, booking: Booking): Promise<number | undefined> {
    return answered(this.booked.run({ ...key, ...booking }));
  }
}

async function answered<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (cause) {
    throw new Problem('try_later', { detail: 'The rate limits cannot be checked now', cause });
  }
}

import fc from 'fast-check';
import { type Granted, PermitBook, type Report } from './permit-book.js';

const MINUTE = 60_000;

/** The shared ledger as its SQL has it, for one key. */
class Ledger {
  private window = 0;
  private used = 0;

  lease(now: number, { window, spent }: Report): Granted {
    if (this.window === 0 || now - this.window >= MINUTE) {
      this.window = now;
      this.used = window === 0 ? spent : 0;
    } else if (window === 0 || window === this.window) this.used += spent;
    return { window: this.window, used: this.used, remainingMs: this.window + MINUTE - now };
  }
}

function take(book: PermitBook, ledger: Ledger, now: number, cost = 1) {
  for (;;) {
    const state = book.take('key', now, cost);
    if (state) return state;
    const report = book.report('key', now);
    book.renew('key', now, ledger.lease(now, report), report);
  }
}

describe('permit-book', () => {
  it('allows exactly the limit in one replica, then none until the window is over', () => {
    const [book, ledger] = [new PermitBook(25), new Ledger()];
    const allowed = Array.from({ length: 30 }, (_, n) => take(book, ledger, 1_000 + n).allowed);
    expect(allowed.filter(Boolean)).toHaveLength(25);
    expect(take(book, ledger, 60_000)).toEqual({ allowed: false, limit: 25, remaining: 0, resetSeconds: 1, window: 1_000 });
    expect(take(book, ledger, 61_000)).toMatchObject({ allowed: true, remaining: 24 });
  });

  it('asks the ledger once per block', () => {
    const [book, ledger] = [new PermitBook(60), new Ledger()];
    const lease = jest.spyOn(ledger, 'lease');
    for (let n = 0; n < 60; n++) take(book, ledger, 1 + n);
    expect(lease).toHaveBeenCalledTimes(10);
  });

  it('lets nothing through that is larger than what is left, and takes back what was not used', () => {
    const [book, ledger] = [new PermitBook(100), new Ledger()];
    for (let n = 0; n < 19; n++) expect(take(book, ledger, 1, 5).allowed).toBe(true);
    expect(take(book, ledger, 3, 6)).toMatchObject({ allowed: false, remaining: 5 });
    expect(take(book, ledger, 3, 5)).toMatchObject({ allowed: true, remaining: 0 });
    expect(take(book, ledger, 3, 1)).toMatchObject({ allowed: false, remaining: 0 });
    expect(book.charge('key', 4, -40)).toBe(true);
    const report = book.report('key', 4);
    book.renew('key', 4, ledger.lease(4, report), report);
    expect(take(book, ledger, 5, 1)).toMatchObject({ allowed: true, remaining: 39 });
  });

  it('passes the limit by at most one block for each further replica, and never stays below it, whatever the order', () => {
    const steps = fc.array(fc.record({ replica: fc.nat(3), wait: fc.integer({ min: 0, max: 2_000 }) }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), steps, (limit, replicas, takes) => {
        const ledger = new Ledger();
        const books = Array.from({ length: replicas }, () => new PermitBook(limit));
        let [now, start, allowed] = [1, 1, 0];
        for (const { replica, wait } of takes) {
          now += wait;
          if (now - start >= MINUTE) [start, allowed] = [now, 0];
          if (take(books[replica % replicas], ledger, now).allowed) allowed += 1;
          else expect(allowed).toBeGreaterThanOrEqual(limit);
          expect(allowed).toBeLessThanOrEqual(limit + (replicas - 1) * books[0].block);
        }
      }),
    );
  });
});

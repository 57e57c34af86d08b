import { Problem } from '@reenact/contracts';
import { PermitBook, type RateState } from '../domain/permit-book.js';
import type { PermitLedger } from './permit-ledger.js';

/** More turns than a window has blocks: a key for which that many are not enough is asked about by too many at once. */
const MAX_TURNS = 50;

/** One limit per key and minute, over all replicas. */
export class LeasedPolicy {
  private readonly book: PermitBook;
  private readonly asking = new Map<string, Promise<void>>();

  constructor(
    readonly name: string,
    limit: number,
    private readonly ledger: PermitLedger,
    private readonly now: () => number,
  ) {
    this.book = new PermitBook(limit);
  }

  /** Throws `try_later` when the ledger cannot be asked. */
  async take(subject: string, cost = 1): Promise<RateState> {
    // More than a lease holds: decided by what all replicas know, and said to them at once.
    const large = cost > this.book.block;
    if (large) await this.ask(subject);
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const state = this.book.take(subject, this.now(), cost);
      if (state) {
        if (large && state.allowed) await this.ask(subject);
        return state;
      }
      await this.ask(subject);
    }
    throw new Problem('try_later', { detail: `Too many calls at once for the limit of ${this.name}` });
  }

  /** Adds what was used beyond what was taken, or gives back what was not used. */
  async charge(subject: string, cost: number): Promise<void> {
    // A lease that is about to change would swallow it.
    for (let running = this.asking.get(subject); running; running = this.asking.get(subject)) await running;
    if (this.book.charge(subject, this.now(), cost)) await this.ask(subject, cost);
  }

  /** `outside`: spent when no lease ran, so that no report has it. */
  private ask(subject: string, outside = 0): Promise<void> {
    const running = this.asking.get(subject);
    if (running) return running;
    const asked = this.lease(subject, outside).finally(() => this.asking.delete(subject));
    this.asking.set(subject, asked);
    return asked;
  }

  private async lease(subject: string, outside: number): Promise<void> {
    const known = this.book.report(subject, this.now());
    const report = known.window === 0 ? { window: 0, spent: outside } : known;
    const granted = await this.ledger.lease({ policy: this.name, subject }, report);
    this.book.renew(subject, this.now(), granted, report);
  }
}

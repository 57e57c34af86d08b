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

  /** What may be taken without asking every time. */
  get block(): number {
    return this.book.block;
  }

  /** Throws `try_later` when the ledger cannot be asked. */
  async take(subject: string, cost = 1): Promise<RateState> {
    if (cost > this.book.block) return this.takeLarge(subject, cost);
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const state = this.book.take(subject, this.now(), cost);
      if (state) return state;
      await this.ask(subject);
    }
    throw this.tooMany();
  }

  /** Adds what was used beyond what was taken, or gives back what was not used; of a window that is over there is nothing to give back. */
  async charge(subject: string, cost: number, window: number): Promise<void> {
    // A lease that is about to change would swallow it.
    for (let running = this.asking.get(subject); running; running = this.asking.get(subject)) await running;
    if (cost < 0 && this.book.report(subject, this.now()).window !== window) return;
    if (this.book.charge(subject, this.now(), cost)) await this.ask(subject, cost);
  }

  /** More than a lease holds is booked by the ledger itself, so that no two replicas give away the same rest. */
  private async takeLarge(subject: string, cost: number): Promise<RateState> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      await this.ask(subject);
      const state = this.book.judge(subject, this.now(), cost);
      if (state?.allowed === false) return state;
      const { window } = this.book.report(subject, this.now());
      const used = await this.ledger.book({ policy: this.name, subject }, { window, cost, limit: this.book.limit });
      if (used !== undefined) return this.book.keepBooked(subject, this.now(), window, used);
    }
    throw this.tooMany();
  }

  private tooMany(): Problem {
    return new Problem('try_later', { detail: `Too many calls at once for the limit of ${this.name}` });
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

/** How things stand for one key of a policy. */
export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Until the window is new. */
  resetSeconds: number;
  /** Which one it was taken from. */
  window: number;
}

/** What the ledger of all replicas says about a key: which window runs, how much of it is known to be used, how long it lasts. */
export interface Granted {
  window: number;
  used: number;
  remainingMs: number;
}

/** What a replica used of a window since it asked last; window 0: of whichever runs. */
export interface Report {
  window: number;
  spent: number;
}

/** What is to be used of a window at once, if its limit allows. */
export interface Booking {
  window: number;
  cost: number;
  limit: number;
}

interface Lease extends Granted {
  from: number;
  until: number;
  /** How much may be spent here before the ledger is asked again; 0: the window is used up. */
  block: number;
  spent: number;
}

/** Beyond it the leases that are over are thrown away. */
const SWEEP_AT = 10_000;
const BLOCKS_PER_WINDOW = 10;

/**
 * The leases that one replica holds for the keys of one policy. A lease lets a block be spent without asking and is reported when
 * the next one is asked for: what all replicas allow together passes the limit by at most a block for each further replica.
 */
export class PermitBook {
  readonly block: number;
  private readonly leases = new Map<string, Lease>();

  constructor(readonly limit: number) {
    this.block = Math.max(1, Math.floor(limit / BLOCKS_PER_WINDOW));
  }

  /** Takes what is no larger than a block, if so much is left. Undefined: the ledger must be asked. */
  take(key: string, now: number, cost = 1): RateState | undefined {
    const lease = this.current(key, now);
    if (!lease) return undefined;
    if (lease.spent + cost <= lease.block) {
      lease.spent += cost;
      return this.state(lease, now, true);
    }
    // All that was used is reported, so that there is nothing more to learn.
    return lease.block === 0 || lease.spent === 0 ? this.state(lease, now, false) : undefined;
  }

  /**
   * Whether the ledger should be asked for what is larger than a block: if so much is left, or nothing was used, since a limit that is
   * smaller than one upload would else let none through. Undefined: it must be asked how things stand.
   */
  judge(key: string, now: number, cost: number): RateState | undefined {
    const lease = this.current(key, now);
    if (!lease) return undefined;
    const used = lease.used + lease.spent;
    return this.state(lease, now, used <= 0 || used + cost <= this.limit);
  }

  /** Keeps that the ledger booked something in a window, and how much of it is used by now. Answers how things stand. */
  keepBooked(key: string, now: number, window: number, used: number): RateState {
    const lease = this.current(key, now);
    if (lease?.window !== window) return { allowed: true, limit: this.limit, remaining: 0, resetSeconds: 1, window };
    lease.used = used;
    lease.block = this.blockOf(used);
    return this.state(lease, now, true);
  }

  /** Adds what was used, or given back, without asking. Answers whether the ledger should hear of it now. */
  charge(key: string, now: number, cost: number): boolean {
    const lease = this.current(key, now);
    if (!lease) return cost !== 0;
    lease.spent += cost;
    return lease.block === 0 ? cost !== 0 : Math.abs(lease.spent) >= lease.block;
  }

  /** What the ledger is to be told when it is asked for a further block. */
  report(key: string, now: number): Report {
    const lease = this.current(key, now);
    return lease ? { window: lease.window, spent: lease.spent } : { window: 0, spent: 0 };
  }

  /** Keeps what the ledger said to a report. */
  renew(key: string, now: number, granted: Granted, reported: Report): void {
    const known = this.leases.get(key);
    // What was charged while the ledger was asked is still to be reported.
    const since = known && known.window === granted.window && known.window === reported.window ? known.spent - reported.spent : 0;
    if (this.leases.size >= SWEEP_AT) this.sweep(now);
    const block = this.blockOf(granted.used);
    this.leases.set(key, { ...granted, from: now, until: now + granted.remainingMs, block, spent: since });
  }

  private blockOf(used: number): number {
    return Math.max(0, Math.min(this.block, this.limit - used));
  }

  private current(key: string, now: number): Lease | undefined {
    const lease = this.leases.get(key);
    // A clock that went back must not make a lease longer.
    return lease && now >= lease.from && now < lease.until ? lease : undefined;
  }

  private sweep(now: number): void {
    for (const [key, { from, until }] of this.leases) if (now < from || now >= until) this.leases.delete(key);
    if (this.leases.size >= SWEEP_AT) this.leases.clear();
  }

  private state({ used, spent, until, window }: Lease, now: number, allowed: boolean): RateState {
    const resetSeconds = Math.max(1, Math.ceil((until - now) / 1000));
    return { allowed, limit: this.limit, remaining: Math.max(0, this.limit - used - spent), resetSeconds, window };
  }
}

/** What requests hold: their number, and bytes of memory. */
export interface Held {
  requests: number;
  bytes: number;
}

/** What the requests of each address hold now. */
export class AddressShares {
  private readonly shares = new Map<string, Held>();

  of(address: string): Held {
    return this.shares.get(address) ?? { requests: 0, bytes: 0 };
  }

  /** Counts one more request. */
  add(address: string, bytes: number): void {
    const held = this.of(address);
    this.shares.set(address, { requests: held.requests + 1, bytes: held.bytes + bytes });
  }

  /** To be called once for each `add`. */
  remove(address: string, bytes: number): void {
    const held = this.of(address);
    if (held.requests > 1) this.shares.set(address, { requests: held.requests - 1, bytes: held.bytes - bytes });
    else this.shares.delete(address);
  }
}

import { LeaseLost, type RunLease } from '../store/run-lease.js';

/** The process is stopping: the run is given back. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** Somebody asked for the run to be withdrawn. */
export class Withdrawn extends Error {
  override readonly name = 'Withdrawn';
}

const BEAT_MS = 500;

/** Renews a lease while work goes on, tells its progress, and aborts the work when it must not go on. */
export class Pulse {
  progress: { records?: number; recordsTotal?: number } = {};
  private readonly aborter = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly lease: RunLease,
    private readonly stopping: AbortSignal,
    /** A dry run has nothing to leave in order, so a withdraw ends it where it is. */
    private readonly abortsOnWithdraw: boolean,
  ) {
    stopping.addEventListener('abort', this.stop, { once: true });
    if (stopping.aborted) this.stop();
    this.timer = setInterval(() => this.tick(), BEAT_MS);
  }

  /** Aborts with LeaseLost, Stopping or Withdrawn as its reason. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.removeEventListener('abort', this.stop);
    await this.beating;
  }

  private readonly stop = () => this.aborter.abort(new Stopping());

  private tick(): void {
    this.beating ??= this.beat().finally(() => {
      this.beating = undefined;
    });
  }

  private async beat(): Promise<void> {
    try {
      await this.lease.renew(this.progress);
      if (this.abortsOnWithdraw && this.lease.row.withdraw !== null) this.aborter.abort(new Withdrawn());
    } catch (error) {
      // A database that is away is no reason to stop: whoever takes the run over fences this holder off.
      if (error instanceof LeaseLost) this.aborter.abort(error);
    }
  }
}

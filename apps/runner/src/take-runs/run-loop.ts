import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { crashPoint, WorkLoop } from '@reenact/service-kit';
import { MAX_STRIKES } from '../domain/run.machine.js';
import { sweepScratch } from '../make-plan/sweep-scratch.js';
import { CONCURRENCY, LEASE_MS, RUNNER_CONFIG, type RunnerPoolConfig } from '../runner.config.js';
import { RunClaims } from '../store/run-claims.store.js';
import { LeaseLost, RunLease } from '../store/run-lease.js';
import type { RunRow } from '../store/run-row.js';
import { Paused } from './paused.js';
import { Pulse, Stopping } from './pulse.js';
import { RunWorker } from './run-worker.js';

const IDLE_MS = 500;
const FIRST_RETRY_MS = 1_000;

/** Takes due runs from the table, several at once, and holds each with a lease while its worker works. */
@Injectable()
export class RunLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RunLoop.name);
  private readonly active = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly loop: WorkLoop;
  private readonly leaseMs: number;
  private readonly concurrency: number;

  constructor(
    @Inject(RUNNER_CONFIG) private readonly config: RunnerPoolConfig,
    private readonly worker: RunWorker,
    private readonly claims: RunClaims,
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
  ) {
    this.leaseMs = config.leaseMs ?? LEASE_MS;
    this.concurrency = config.concurrency ?? CONCURRENCY;
    this.loop = new WorkLoop({ name: `runs-${worker.mode}`, intervalMs: IDLE_MS, work: () => this.turn() });
  }

  async onApplicationBootstrap(): Promise<void> {
    await sweepScratch(this.config.scratchDirectory);
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
    await Promise.all(this.active);
  }

  /** There may be a run to take. */
  nudge(): void {
    this.loop.nudge();
  }

  private async turn(): Promise<number> {
    const room = this.concurrency - this.active.size;
    if (room <= 0) return 0;
    const rows = await this.claims.take(this.worker.mode, this.leaseMs, room);
    if (rows.length > 0) crashPoint('runner.after-claim');
    for (const row of rows) {
      const holding = this.hold(row).finally(() => {
        this.active.delete(holding);
        this.loop.nudge();
      });
      this.active.add(holding);
    }
    return rows.length;
  }

  private async hold(row: RunRow): Promise<void> {
    const lease = new RunLease(this.work, this.outbox, row, this.leaseMs);
    const pulse = new Pulse(lease, this.stopping.signal, this.worker.mode === 'dry_run');
    try {
      if (row.strikes > MAX_STRIKES) await this.worker.giveUp(lease);
      else await this.worker.perform(lease, pulse);
    } catch (error) {
      await this.giveBack(lease, error);
    } finally {
      await pulse.end();
    }
  }

  private async giveBack(lease: RunLease, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) return;
    const stopped = error instanceof Stopping;
    const asked = stopped || error instanceof Paused;
    // Another service's absence says nothing against the run.
    const blameless = asked || (error instanceof Problem && error.code === 'try_later');
    if (!asked) this.logger.warn(`${lease.replayId} attempt ${lease.attempt}: ${describe(error)}`);
    try {
      await lease.release(stopped ? 0 : FIRST_RETRY_MS * 2 ** (lease.row.strikes - 1), { blameless });
    } catch (cause) {
      // The lease runs out by itself.
      if (!(cause instanceof LeaseLost)) this.logger.warn(`${lease.replayId} was not given back: ${describe(cause)}`);
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

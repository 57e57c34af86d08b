import type { AgentClient, HeartbeatReading } from './agent-client.js';
import { AgentProblem } from './agent-problem.js';
import { pause } from './retry.js';
import type { Spool } from './spool.js';

export interface HeartbeatOptions {
  /** Default 10 s. */
  intervalMs?: number;
  bootId: string;
  /** What to say each time. */
  read: () => Pick<HeartbeatReading, 'status' | 'counters' | 'specHash' | 'deploymentId'>;
  /** A heartbeat that did not get through; the next one shows the gap by its sequence. */
  onError?: (error: unknown) => void;
  /** Its `gaps`, `pending` and `lastUpload`, the last number used, go out with the counters: an upload that never comes shows too. */
  spool?: Spool;
}

/** Sends a heartbeat now and every interval, numbered from 1 per boot, until it is stopped. */
export class HeartbeatLoop {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private sequence = 0;

  constructor(
    private readonly client: AgentClient,
    private readonly options: HeartbeatOptions,
  ) {
    this.running = this.run();
  }

  /** Calls off a heartbeat at work; resolves when no further one will be sent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { intervalMs = 10_000, onError } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.sequence += 1;
      let wait = intervalMs;
      try {
        await this.client.heartbeat(await this.reading(), { tries: 1, signal });
      } catch (error) {
        if (signal.aborted) return;
        onError?.(error);
        if (error instanceof AgentProblem) wait = Math.max(wait, error.retryAfterMs ?? 0);
      }
      await pause(wait, signal);
    }
  }

  private async reading(): Promise<HeartbeatReading> {
    const { bootId, read, spool } = this.options;
    const said = read();
    const kept = spool && {
      gaps: await spool.gaps(),
      pending: (await spool.pending()).length,
      lastUpload: await spool.lastNumber(bootId),
    };
    const reading = { at: new Date().toISOString(), bootId, sequence: this.sequence, ...said };
    return kept ? { ...reading, counters: { ...said.counters, ...kept } } : reading;
  }
}

import type { AgentClient, UploadOptions, UploadResult } from './agent-client.js';
import { AgentProblem } from './agent-problem.js';
import { grownPause, pause, type RetryOptions } from './retry.js';
import type { Spool } from './spool.js';

export interface UploadLoopOptions {
  /** How often an idle spool is looked at; default 30 s. */
  intervalMs?: number;
  onProgress?: UploadOptions['onProgress'];
  onUploaded?: (results: UploadResult[]) => void;
  onError?: (error: unknown) => void;
  /** Waits; replaced by tests. */
  sleep?: RetryOptions['sleep'];
}

/** Empties the spool in the background, for as long as it takes: after a failure it waits longer each time, and as long as asked. */
export class UploadLoop {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private waking = new AbortController();

  constructor(
    private readonly spool: Spool,
    private readonly client: AgentClient,
    private readonly options: UploadLoopOptions = {},
  ) {
    this.running = this.run();
  }

  /** There is something new: look now, unless a failure is being waited out. */
  nudge(): void {
    this.waking.abort();
  }

  /** Calls off an upload at work; what is pending stays in the spool. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.waking.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { intervalMs = 30_000, onError, sleep = pause } = this.options;
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      this.waking = new AbortController();
      try {
        await this.flush();
        failures = 0;
        await sleep(intervalMs, this.waking.signal);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        failures += 1;
        onError?.(error);
        const asked = error instanceof AgentProblem ? (error.retryAfterMs ?? 0) : 0;
        await sleep(Math.max(grownPause(failures), asked), this.stopping.signal);
      }
    }
  }

  private async flush(): Promise<void> {
    const { onProgress, onUploaded } = this.options;
    const results: UploadResult[] = [];
    const retry = { tries: 1, signal: this.stopping.signal };
    try {
      await this.spool.flush(this.client, { onProgress, onUploaded: (result) => results.push(result), retry });
    } finally {
      if (results.length > 0) onUploaded?.(results);
    }
  }
}

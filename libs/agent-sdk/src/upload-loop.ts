import type { AgentClient, UploadOptions, UploadResult } from './agent-client.js';
import { AgentProblem } from './agent-problem.js';
import { pause, type RetryOptions } from './retry.js';
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

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

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

  /** Resolves when the upload at work, if any, has ended; what is pending stays in the spool. */
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
        failures += 1;
        onError?.(error);
        const grown = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.8 + Math.random() * 0.4);
        const asked = error instanceof AgentProblem ? (error.retryAfterMs ?? 0) : 0;
        await sleep(Math.max(grown, asked), this.stopping.signal);
      }
    }
  }

  private async flush(): Promise<void> {
    const { onProgress, onUploaded } = this.options;
    const results = await this.spool.flush(this.client, { onProgress, retry: { tries: 1, signal: this.stopping.signal } });
    if (results.length > 0) onUploaded?.(results);
  }
}

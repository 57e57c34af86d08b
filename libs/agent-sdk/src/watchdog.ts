import { AgentUnreachable } from './agent-problem.js';

/** Calls a call off: when nothing was heard of it for too long, or when its caller says so. */
export class Watchdog {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private ended = false;

  constructor(
    limitMs: number,
    private readonly caller?: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.controller.abort(new AgentUnreachable(`no answer: nothing went on for ${limitMs} ms`));
    }, limitMs);
    if (caller?.aborted) this.callOff();
    else caller?.addEventListener('abort', this.callOff);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something went on: the time begins anew. */
  heard(): void {
    if (!this.ended) this.timer.refresh();
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.callOff);
  }

  private readonly callOff = () => this.controller.abort(this.caller?.reason);
}

/** Prints one line a step: a tick, what happened, how long it took. */
export class StepList {
  private failed = 0;
  private done = 0;

  constructor(
    private readonly print: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Runs a step. A step that throws is printed with its reason, and the play ends there: later steps build on it. */
  async step<T>(run: () => Promise<{ said: string; value: T }>, title: string): Promise<T> {
    const begin = this.now();
    try {
      const { said, value } = await run();
      this.done += 1;
      this.print(`  ✓ ${said} ${this.took(begin)}`);
      return value;
    } catch (error) {
      this.failed += 1;
      this.print(`  ✗ ${title}: ${error instanceof Error ? error.message : String(error)} ${this.took(begin)}`);
      throw error;
    }
  }

  get summary(): string {
    return `${this.done} steps as expected, ${this.failed} not`;
  }

  private took(begin: number): string {
    const ms = Math.round(this.now() - begin);
    return ms < 1000 ? `(${ms} ms)` : `(${(ms / 1000).toFixed(1)} s)`;
  }
}

/** Fails the step with a sentence unless the condition holds. */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

interface Asked<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface BatchOptions<Item> {
  /** Items in one call at most. */
  max: number;
  /** Calls that run at once at most. What comes meanwhile gathers, so that batches grow with the load. */
  atOnce: number;
  /** Items of the same key never go together. */
  keyOf?(item: Item): string;
}

/** Does what many ask for at once with few calls. */
export class Batches<Item, Answer> {
  private waiting: Asked<Item, Answer>[] = [];
  private running = 0;
  private woken = false;

  /** `work` answers in the order of its items; what it throws is told to all of them. */
  constructor(
    private readonly work: (items: Item[]) => Promise<Answer[]>,
    private readonly options: BatchOptions<Item>,
  ) {}

  run(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.wake();
    });
  }

  /** Begins in a while, so that those who ask in the same turn go together. */
  private wake(): void {
    if (this.woken || this.running >= this.options.atOnce) return;
    this.woken = true;
    setImmediate(() => {
      this.woken = false;
      while (this.waiting.length > 0 && this.running < this.options.atOnce) void this.turn();
    });
  }

  private async turn(): Promise<void> {
    const asked = this.take();
    this.running += 1;
    try {
      const answers = await this.work(asked.map(({ item }) => item));
      asked.forEach(({ resolve }, index) => resolve(answers[index]));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.running -= 1;
      if (this.waiting.length > 0) this.wake();
    }
  }

  private take(): Asked<Item, Answer>[] {
    const { max, keyOf } = this.options;
    const keys = new Set<string>();
    const taken: Asked<Item, Answer>[] = [];
    const left: Asked<Item, Answer>[] = [];
    for (const each of this.waiting) {
      const key = keyOf?.(each.item);
      const fits = taken.length < max && (key === undefined || !keys.has(key));
      (fits ? taken : left).push(each);
      if (fits && key !== undefined) keys.add(key);
    }
    this.waiting = left;
    return taken;
  }
}

/** Answers, or throws what went wrong with this one. */
export type Outcome<Answer> = () => Answer;

/** Does many together, and each alone when that fails, so that nobody fails for a neighbour. Answers in the order of the items; never throws. */
export async function togetherOrAlone<Item, Answer>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<Answer[]>,
): Promise<Outcome<Answer>[]> {
  if (items.length > 1) {
    const answers = await work(items).catch(() => undefined);
    if (answers) return answers.map((answer) => () => answer);
  }
  return Promise.all(items.map((item) => alone(item, work)));
}

async function alone<Item, Answer>(item: Item, work: (items: readonly Item[]) => Promise<Answer[]>): Promise<Outcome<Answer>> {
  try {
    const [answer] = await work([item]);
    return () => answer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

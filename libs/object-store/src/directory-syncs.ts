import { open } from 'node:fs/promises';

/** Makes changes of directories durable; changes that are made at once share a sync. */
export class DirectorySyncs {
  private readonly changes = new Map<string, Set<Promise<void>>>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, Promise<void>>();

  /** Makes a change of the directory's entries; resolves when it will be there after a power cut. */
  async change(path: string, make: () => Promise<void>): Promise<void> {
    const made = make();
    const under = this.changes.get(path) ?? new Set();
    this.changes.set(path, under.add(made));
    try {
      await made;
    } finally {
      under.delete(made);
      if (under.size === 0) this.changes.delete(path);
    }
    await this.sync(path);
  }

  /** Resolves when what the directory holds now will be there after a power cut. */
  sync(path: string): Promise<void> {
    const shared = this.waiting.get(path);
    if (shared) return shared;
    const before = this.running.get(path) ?? Promise.resolve();
    const turn: Promise<void> = before
      .catch(() => undefined)
      .then(() => this.changesNow(path))
      .then(() => {
        // Whoever asks from here on may have changed the directory after it was written out.
        this.waiting.delete(path);
        this.running.set(path, turn);
        return syncDirectory(path);
      })
      .finally(() => this.running.delete(path));
    this.waiting.set(path, turn);
    return turn;
  }

  private async changesNow(path: string): Promise<void> {
    const under = this.changes.get(path);
    if (under) await Promise.allSettled(under);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

import { open } from 'node:fs/promises';

/** Makes entries of directories durable; those who ask while a directory is being synced share its next sync. */
export class DirectorySyncs {
  private readonly running = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, Promise<void>>();

  /** Resolves when what the directory holds now will be there after a power cut. */
  sync(path: string): Promise<void> {
    const shared = this.waiting.get(path);
    if (shared) return shared;
    const before = this.running.get(path) ?? Promise.resolve();
    const turn: Promise<void> = before
      .catch(() => undefined)
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
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

import type { UnitOfWork } from '@reenact/persistence';
import type { StoredReplay } from '../store/replay.store.js';
import type { AdvanceReplaysHandler, Happening } from './advance-replays.handler.js';

export interface Advanced {
  /** The replays as they are now. */
  replays: Map<string, StoredReplay>;
  /** What failed alone, and why. */
  failed: { happening: Happening; error: unknown }[];
}

/**
 * Many in one transaction; what fails together is tried one by one, so that no replay stays behind for a neighbour. Throws while the
 * database is out of reach.
 */
export async function advanceEach(
  work: UnitOfWork,
  handler: AdvanceReplaysHandler,
  happenings: readonly Happening[],
): Promise<Advanced> {
  const advance = (some: readonly Happening[]) => work.run((tx) => handler.advance(tx, some));
  if (happenings.length > 1) {
    const together = await advance(happenings).catch(() => undefined);
    if (together) return { replays: together, failed: [] };
    await work.query('select 1');
  }
  const advanced: Advanced = { replays: new Map(), failed: [] };
  for (const happening of happenings) {
    try {
      for (const [id, replay] of await advance([happening])) advanced.replays.set(id, replay);
    } catch (error) {
      advanced.failed.push({ happening, error });
    }
  }
  return advanced;
}

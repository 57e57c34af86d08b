import type { IncidentContext } from '@reenact/contracts';

type ListName = { [K in keyof IncidentContext]: IncidentContext[K] extends object[] ? K : never }[keyof IncidentContext];

const LISTS: readonly ListName[] = ['heartbeats', 'refusals', 'snapshots', 'artifacts', 'replays', 'approvals', 'escalations'];

/** The context within a number of bytes: the largest lists lose their older half until it fits, and are named in `truncated`. */
export function fitContext(context: IncidentContext, maxBytes: number): IncidentContext {
  let fitted = context;
  while (sizeOf(fitted) > maxBytes) {
    const largest = LISTS.filter((name) => fitted[name].length > 0).sort((a, b) => sizeOf(fitted[b]) - sizeOf(fitted[a]))[0];
    if (largest === undefined) return fitted;
    const kept = fitted[largest].slice(0, Math.floor(fitted[largest].length / 2));
    fitted = { ...fitted, [largest]: kept, truncated: [...new Set([...fitted.truncated, largest])] };
  }
  return fitted;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The findings that a report lists; more are only counted. */
export const MAX_FINDINGS = 100;

/** What a comparison found. */
export interface Findings<T> {
  /** Pairs that were compared, and those without a counterpart. */
  compared: number;
  count: number;
  first: T | null;
  /** The first hundred. */
  items: T[];
}

export function noFindings<T>(): Findings<T> {
  return { compared: 0, count: 0, first: null, items: [] };
}

/** Whether the next one will be listed: what only the list shows need not be found out otherwise. */
export function hasRoom({ items }: Findings<unknown>): boolean {
  return items.length < MAX_FINDINGS;
}

/** Counts a finding; it is only put in words when it is among those that are listed. */
export function addFinding<T>(findings: Findings<T>, describe: () => T): void {
  findings.count += 1;
  if (!hasRoom(findings)) return;
  findings.items.push(describe());
  findings.first ??= findings.items[0];
}

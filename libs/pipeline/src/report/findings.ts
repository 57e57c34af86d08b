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

export function addFinding<T>(findings: Findings<T>, found: T): void {
  findings.count += 1;
  findings.first ??= found;
  if (hasRoom(findings)) findings.items.push(found);
}

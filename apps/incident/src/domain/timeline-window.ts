import type { Incident } from '@reenact/contracts';

const BEFORE_MS = 60 * 60_000;
/** The last millisecond that a UUIDv7 can tell. */
const LAST_MS = 2 ** 48 - 1;

/** Ids between which the entries of an incident's environment and agent concern it: from an hour before it was first seen to its end. */
export function timelineWindow(incident: Pick<Incident, 'firstSeenAt' | 'state'>, changedAt: Date): { from: string; to: string } {
  return {
    from: uuidAt(Date.parse(incident.firstSeenAt) - BEFORE_MS),
    to: incident.state === 'resolved' ? uuidAt(changedAt.getTime() + 1) : uuidAt(LAST_MS),
  };
}

/** Where the UUIDv7s of a millisecond begin (RFC 9562, section 5.7): 48 bits of time in front. */
function uuidAt(milliseconds: number): string {
  const hex = Math.max(milliseconds, 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

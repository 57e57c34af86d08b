import type { EngineAction } from '../engine/action.js';
import type { JournalRecord } from '../journal/journal-record.js';

const TOKEN = /rdx1_[A-Za-z0-9_-]{43}/g;
const PREFIX = 'rdx1_'.length;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const NEXT = new Map(
  [DIGITS, DIGITS.toLowerCase(), '0123456789', '-_'].flatMap((row) =>
    [...row].map((char, at) => [char, row[(at + 1) % row.length]]),
  ),
);

/**
 * The record as it could have been with other values redacted: every character of every token is another one, in either case, equal tokens
 * stay equal, lengths stay. Undefined where the record has no token.
 */
export function disguised(record: JournalRecord): JournalRecord | undefined {
  return record.withText(
    TOKEN,
    (token) => token.slice(0, PREFIX) + token.slice(PREFIX).replaceAll(/./g, (char) => NEXT.get(char) as string),
  );
}

/** Whether two actions would send the same to the same place. */
export function isSameEffect(one: EngineAction, other: EngineAction): boolean {
  return (
    one.path === other.path &&
    one.subject === other.subject &&
    JSON.stringify(one.headers) === JSON.stringify(other.headers) &&
    one.payload.equals(other.payload)
  );
}

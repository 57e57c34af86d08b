import { DURATION_PATTERN } from './field.js';

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. Throws a RangeError on anything else. */
export function durationMs(text: string): number {
  const match = DURATION_PATTERN.exec(text);
  if (!match) throw new RangeError(`not a duration: ${text}`);
  const part = (index: number) => Number.parseInt(match[index] ?? '0', 10);
  return (((part(1) * 24 + part(3)) * 60 + part(4)) * 60 + part(5)) * 1000;
}

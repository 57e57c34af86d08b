/**
 * CEL's functions of time that the library answers by the clock of the process it runs in. Here the same text is the same time, and the
 * same time the same hour, wherever it runs.
 */

const RFC_3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const FIXED_OFFSET = /^([+-]?)(\d\d):(\d\d)$/;
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MOST_ZONES = 100;
const NANOS = 1_000_000_000n;

/** What each function reads off a time, by its name: off one whose UTC fields are the local ones. */
const PARTS: Readonly<Record<string, (local: Date) => number>> = {
  getDate: (local) => local.getUTCDate(),
  getDayOfMonth: (local) => local.getUTCDate() - 1,
  getDayOfWeek: (local) => local.getUTCDay(),
  getDayOfYear: (local) => Math.floor((local.getTime() - startOf(local.getUTCFullYear(), 0)) / DAY_MS),
  getFullYear: (local) => local.getUTCFullYear(),
  getHours: (local) => local.getUTCHours(),
  getMilliseconds: (local) => local.getUTCMilliseconds(),
  getMinutes: (local) => local.getUTCMinutes(),
  getMonth: (local) => local.getUTCMonth(),
  getSeconds: (local) => local.getUTCSeconds(),
};

/** The functions that read a part of a time. */
export const TIME_PARTS: readonly string[] = Object.keys(PARTS);

/** A time as RFC 3339 writes it, with its zone. Throws a TypeError. */
export function parseTimestamp(text: string): Date {
  const upper = text.toUpperCase();
  const [, year, month, day] = (RFC_3339.exec(upper) ?? []).map(Number);
  if (!(day >= 1 && day <= daysOf(year, month))) {
    throw new TypeError('timestamp() needs a time as RFC 3339 writes it, with its zone');
  }
  return inRange(Date.parse(upper));
}

/** A time by the seconds since 1970. Throws a TypeError. */
export function timestampOf(seconds: bigint): Date {
  return inRange(Number(seconds) * 1000);
}

/** A part of a time in a zone: the name of a zone, or an offset such as `+02:00`. Throws a RangeError for any other. */
export function timePart(name: string, time: Date, zone = 'UTC'): bigint {
  return BigInt(PARTS[name](zone === 'UTC' ? time : localTime(time, zone)));
}

/** A length of time in seconds, as CEL writes it. By hand: the library's way takes a hundred times as long, and loses signs. */
export function durationText({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  const total = seconds * NANOS + BigInt(nanos);
  const whole = total < 0n ? -total : total;
  const fraction = (whole % NANOS).toString().padStart(9, '0').replace(/0+$/, '');
  return `${total < 0n ? '-' : ''}${whole / NANOS}${fraction === '' ? '' : `.${fraction}`}s`;
}

function inRange(milliseconds: number): Date {
  if (milliseconds >= FIRST && milliseconds <= LAST) return new Date(milliseconds);
  throw new TypeError('timestamp() needs a time of the years 1 to 9999');
}

function localTime(time: Date, zone: string): Date {
  const [, sign, hours, minutes] = FIXED_OFFSET.exec(zone) ?? [];
  if (hours !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    return new Date(time.getTime() + (sign === '-' ? -offset : offset));
  }
  const parts = new Map(
    zoneFormat(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  const local = new Date(startOf(parts.get('era') === 'BC' ? 1 - part('year') : part('year'), part('month') - 1));
  local.setUTCDate(part('day'));
  local.setUTCHours(part('hour'), part('minute'), part('second'), time.getUTCMilliseconds());
  return local;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Kept, since making one takes a hundred times as long as using it. */
function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const [era, numeric] = ['short', 'numeric'] as const;
  const fields = { era, year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', { timeZone, hourCycle: 'h23', ...fields });
  if (formats.size >= MOST_ZONES) formats.clear();
  formats.set(timeZone, format);
  return format;
}

/** Of a month, the first being 1. */
function daysOf(year: number, month: number): number {
  return (startOf(year, month) - startOf(year, month - 1)) / DAY_MS;
}

/** When a month of a year begins, the first being 0; `Date.UTC` takes years below 100 for those of the last century. */
function startOf(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}

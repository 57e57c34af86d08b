import { Problem } from '@reenact/contracts';

/** The parameters every list takes. */
export const PAGE_PARAMETERS = ['limit', 'cursor'] as const;

/**
 * The query's parameters as text. Throws `unknown_query_parameter` for one that the call does not know, and
 * `invalid_query_parameter` for one that is given twice.
 */
export function readQuery<N extends string>(query: unknown, known: readonly N[]): Partial<Record<N, string>> {
  const given = Object.entries((query ?? {}) as Record<string, unknown>);
  for (const [name, value] of given) {
    if (!(known as readonly string[]).includes(name)) {
      throw new Problem('unknown_query_parameter', {
        detail: `There is no parameter ${JSON.stringify(name)} here`,
        members: { parameter: name },
      });
    }
    if (typeof value !== 'string') throw invalidParameter(name, 'is given more than once');
  }
  return Object.fromEntries(given) as Partial<Record<N, string>>;
}

/** The problem of a parameter with a value that cannot be used. */
export function invalidParameter(name: string, reason: string): Problem {
  return new Problem('invalid_query_parameter', { detail: `${name} ${reason}`, members: { parameter: name } });
}

/** A parameter that is a whole number in a range, or undefined when it is absent. */
export function integerParameter(
  query: Partial<Record<string, string>>,
  name: string,
  range: { min: number; max: number },
): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= range.min && value <= range.max) return value;
  throw invalidParameter(name, `must be a whole number from ${range.min} to ${range.max}`);
}

/** A parameter that is one of a few words, or undefined when it is absent. */
export function wordParameter<T extends string>(
  query: Partial<Record<string, string>>,
  name: string,
  words: readonly T[],
): T | undefined {
  const text = query[name];
  if (text === undefined || (words as readonly string[]).includes(text)) return text as T | undefined;
  throw invalidParameter(name, `must be one of ${words.join(', ')}`);
}

/** A parameter that is a time (RFC 3339), in UTC with milliseconds, or undefined when it is absent. */
export function timeParameter(query: Partial<Record<string, string>>, name: string): string | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw invalidParameter(name, 'must be a time such as 2026-01-31T12:00:00Z');
  return new Date(time).toISOString();
}

import { type FieldError, durationMs, TIME_PATTERN } from '@reenact/contracts';

/** Reads a JSON object member by member, collecting faults by JSON Pointer; what it was not asked for is a fault too. */
export class ObjectDecoder {
  private readonly members: Record<string, unknown>;
  private readonly known = new Set<string>();
  /** Not an object at all: its members are not reported one by one. */
  private readonly broken: boolean;

  constructor(
    json: unknown,
    readonly path: string,
    readonly faults: FieldError[],
  ) {
    this.broken = !isObject(json);
    this.members = isObject(json) ? json : {};
    if (this.broken) this.fault('', 'must be a JSON object');
  }

  /** Adds a fault at a member (`''`: at the object). */
  fault(name: string, message: string): void {
    this.faults.push({ path: name === '' ? this.path : `${this.path}/${pointerToken(name)}`, message });
  }

  /** The object at a member. */
  object(name: string): ObjectDecoder {
    const value = this.take(name);
    // Reported once, at the outermost part that is missing.
    return new ObjectDecoder(
      value === undefined ? {} : value,
      `${this.path}/${pointerToken(name)}`,
      value === undefined ? [] : this.faults,
    );
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    return this.value(name, (value) => words.includes(value as T), `must be one of ${words.join(', ')}`) as T;
  }

  boolean(name: string): boolean {
    return this.value(name, (value) => typeof value === 'boolean', 'must be true or false') as boolean;
  }

  int(name: string, min: number, max: number): number {
    const fits = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    return this.value(name, fits, `must be a whole number from ${min} to ${max}`) as number;
  }

  text(name: string, min: number, max: number): string {
    const fits = (value: unknown) =>
      typeof value === 'string' && value.length >= min && value.length <= max && !/\0|\p{Surrogate}/u.test(value);
    return this.value(name, fits, `must be a text of ${min} to ${max} characters`) as string;
  }

  /** An ISO 8601 duration within bounds that are durations too. */
  duration(name: string, min: string, max: string): string {
    const fits = (value: unknown) =>
      isDuration(value) && durationMs(value) >= durationMs(min) && durationMs(value) <= durationMs(max);
    return this.value(name, fits, `must be an ISO 8601 duration from ${min} to ${max}`) as string;
  }

  /** An RFC 3339 time, as UTC with milliseconds. */
  time(name: string): string {
    const fits = (value: unknown) => typeof value === 'string' && TIME_PATTERN.test(value);
    const value = this.value(name, fits, 'must be an RFC 3339 time') as string | undefined;
    return fits(value) ? new Date(value as string).toISOString() : '';
  }

  /** The items of a list, each read by `decode`. */
  list<T>(name: string, maxItems: number, decode: (item: ObjectDecoder) => T): T[] {
    const fits = (value: unknown) => Array.isArray(value) && value.length <= maxItems;
    const value = this.value(name, fits, `must be a list of at most ${maxItems} items`);
    if (!fits(value)) return [];
    return (value as unknown[]).map((item, index) => {
      const decoder = new ObjectDecoder(item, `${this.path}/${pointerToken(name)}/${index}`, this.faults);
      const decoded = decode(decoder);
      decoder.end();
      return decoded;
    });
  }

  /** The names of every member. */
  names(): string[] {
    return Object.keys(this.members);
  }

  /** Faults every member that nothing asked for. */
  end(): void {
    for (const name of this.names()) if (!this.known.has(name)) this.fault(name, 'is not a known field');
  }

  private value(name: string, fits: (value: unknown) => boolean, message: string): unknown {
    const value = this.take(name);
    if (value !== undefined && !fits(value)) this.fault(name, message);
    return value;
  }

  private take(name: string): unknown {
    this.known.add(name);
    const value = Object.hasOwn(this.members, name) ? this.members[name] : undefined;
    if (value === undefined && !this.broken) this.fault(name, 'is required');
    return value;
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isDuration(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    return durationMs(value) >= 0;
  } catch {
    return false;
  }
}

function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
